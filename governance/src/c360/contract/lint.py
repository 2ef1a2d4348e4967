"""Lint: the ODCS schema, and what it cannot say. Each finding says the file, the path inside it and the line."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from c360.contract.document import line_of, read_document
from c360.contract.enum_columns import PROPERTY, add_enum_columns
from c360.contract.load import contract_files, layer_of
from c360.contract.names import Place, faults, where
from c360.contract.vain import vain
from c360.errors import Breach
from c360.model import Noted


@dataclass(frozen=True)
class LintFinding:
    file: Path
    inside: Place
    line: int
    message: str
    severity: str = "error"
    """`error`, or `warning`: it is sound, and yet hardly what was meant."""

    @property
    def path(self) -> str:
        """The place inside the file, as `schema[0].properties[2].classification`."""
        return where(self.inside)


def lint(folder: Path, classifications: list[str]) -> list[LintFinding]:
    """Every finding in the contracts below `folder` (or in one file), in the order of files and lines.

    Relationships and claims are checked across all contracts. Raises CouldNotTell when there is no contract.
    """
    paths = [folder] if folder.is_file() else contract_files(folder)
    documents: dict[Path, dict[str, Any]] = {}
    found: list[LintFinding] = []
    for path in paths:
        try:
            documents[path] = read_document(path)
        except Breach as error:
            found.append(LintFinding(path, (), _line_in(error.message, path), error.message))
    try:
        add_enum_columns(documents.values())
    except Breach as error:
        found.append(LintFinding(folder, (), 1, error.message))
    current = _current(documents)
    validator = _validator()
    for path, document in documents.items():
        for inside, message in (
            *_schema_errors(validator, document),
            *_own_checks(document, classifications, current),
            *((fault.place, fault.message) for fault in faults(document, layer_of(path, folder))),
        ):
            found.append(LintFinding(path, inside, line_of(path, inside), message))
        for inside, severity, message in vain(document):
            found.append(LintFinding(path, inside, line_of(path, inside), message, severity))
    found += _claims(current)
    if all(finding.severity == "warning" for finding in found):
        found += _generation(folder)
        found += _noted(documents, folder)
    return sorted(found, key=lambda f: (f.file, f.line, f.message))


def _line_in(message: str, path: Path) -> int:
    after = message.partition(f"{path}:")[2]
    digits = after[: len(after) - len(after.lstrip("0123456789"))]
    return int(digits) if digits else 1


def _validator() -> Any:
    from jsonschema import validators

    text = files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    return validators.validator_for(schema)(schema)


def _schema_errors(validator: Any, document: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    from jsonschema.exceptions import best_match

    seen = set()
    for error in validator.iter_errors(document):
        deepest = best_match([error]) or error
        inside = tuple(deepest.absolute_path)
        unexpected = re.search(r"\('([^']+)' was unexpected\)", deepest.message)
        inside += (unexpected[1],) if unexpected else ()
        message = deepest.message if len(deepest.message) < 200 else f"{deepest.message[:200]}…"
        if (inside, message) not in seen:
            seen.add((inside, message))
            yield inside, message


def _own_checks(
    document: dict[str, Any], classifications: list[str], current: dict[str, tuple[Path, dict[str, Any]]]
) -> Iterator[tuple[Place, str]]:
    parts = [part for part in _list(document.get("schema")) if isinstance(part, dict)]
    for i, part in enumerate(parts):
        place: Place = ("schema", i)
        yield from _columns(part, place, classifications)
        yield from _quality(part, place)
        yield from _relations(part, place, current, parts)
        yield from _enum_columns(part, place, current)
    yield from _slas(document, parts)
    if not (document.get("team") or {}):
        yield (), "it names no team: who answers for it?"
    if not document.get("support"):
        yield (), "it names no support channel: where does one ask?"


def _columns(part: dict[str, Any], place: Place, classifications: list[str]) -> Iterator[tuple[Place, str]]:
    from c360.clause.dialect import canonical_type

    names: set[str] = set()
    for j, prop in enumerate(_list(part.get("properties"))):
        if not isinstance(prop, dict):
            continue
        inside: Place = (*place, "properties", j)
        name = str(prop.get("name"))
        classification = prop.get("classification")
        if not classification:
            yield inside, f"{name} has no classification; it is one of {', '.join(classifications)}"
        elif classification not in classifications:
            yield (
                (*inside, "classification"),
                f"the classification {classification!r} is unknown; it is one of {', '.join(classifications)}",
            )
        if not prop.get("description"):
            yield inside, f"{name} has no description"
        physical = str(prop.get("physicalName") or name)
        if physical in names:
            yield inside, f"two columns are named {physical}"
        names.add(physical)
        if prop.get("physicalType"):
            try:
                canonical_type(str(prop["physicalType"]))
            except Breach as error:
                yield (*inside, "physicalType"), error.message
        else:
            yield inside, f"{name} has no physicalType, so nobody can check its type"
        for k, nested in enumerate(_list(prop.get("properties"))):
            yield (*inside, "properties", k), f"nobody enforces clauses inside {name}: {nested.get('name')}"


def _quality(part: dict[str, Any], place: Place) -> Iterator[tuple[Place, str]]:
    rules = [((*place, "quality", k), rule) for k, rule in enumerate(_list(part.get("quality")))]
    for j, prop in enumerate(_list(part.get("properties"))):
        quality = _list(prop.get("quality")) if isinstance(prop, dict) else []
        rules += [((*place, "properties", j, "quality", k), rule) for k, rule in enumerate(quality)]
    for inside, rule in rules:
        if rule.get("type") == "custom" and rule.get("engine") != "elementary":
            yield (
                inside,
                f"nobody enforces a custom rule for the engine {rule.get('engine')!r}; write library or sql",
            )


def _relations(
    part: dict[str, Any],
    place: Place,
    current: dict[str, tuple[Path, dict[str, Any]]],
    own: list[dict[str, Any]],
) -> Iterator[tuple[Place, str]]:
    tables = {name: table for name, (_, table) in current.items()} | {str(p.get("name")): p for p in own}
    relations = [((*place, "relationships", k), r) for k, r in enumerate(_list(part.get("relationships")))]
    for j, prop in enumerate(_list(part.get("properties"))):
        entries = _list(prop.get("relationships")) if isinstance(prop, dict) else []
        relations += [((*place, "properties", j, "relationships", k), r) for k, r in enumerate(entries)]
    for inside, relation in relations:
        targets = relation.get("to")
        for target in targets if isinstance(targets, list) else [targets]:
            if not isinstance(target, str) or "/" in target:
                continue
            table, _, column = target.rpartition(".")
            if table not in tables:
                yield (*inside, "to"), f"the relationship leads nowhere: there is no table {table!r}"
            elif column not in _names(tables[table]):
                yield (*inside, "to"), f"the relationship leads nowhere: {table} has no column {column!r}"


def _enum_columns(
    part: dict[str, Any], place: Place, current: dict[str, tuple[Path, dict[str, Any]]]
) -> Iterator[tuple[Place, str]]:
    for k, custom in enumerate(_list(part.get("customProperties"))):
        if custom.get("property") != PROPERTY:
            continue
        rule, inside = custom.get("value"), (*place, "customProperties", k)
        if not isinstance(rule, dict) or not {"enum", "name", "like"} <= set(rule):
            yield inside, f"{PROPERTY} needs enum, name and like"
        elif rule["like"] not in _names(part):
            yield inside, f"{PROPERTY}: there is no column {rule['like']!r} to be like"
        else:
            table, _, column = str(rule["enum"]).rpartition(".")
            if column not in _names(current.get(table, (Path(), {}))[1]):
                yield inside, f"{PROPERTY}: there is no column {rule['enum']!r}"


def _slas(document: dict[str, Any], parts: list[dict[str, Any]]) -> Iterator[tuple[Place, str]]:
    columns = {str(part.get("name")): _names(part) for part in parts}
    for k, sla in enumerate(_list(document.get("slaProperties"))):
        if str(sla.get("property")).lower() not in ("freshness", "retention"):
            continue
        element = str(sla.get("element") or document.get("slaDefaultElement") or "")
        table, _, column = element.rpartition(".")
        known = columns.get(table) if table else set().union(*columns.values()) if columns else set()
        if known is None or column not in known:
            yield ("slaProperties", k, "element"), f"the SLA is on a column that does not exist: {element!r}"


def _claims(current: dict[str, tuple[Path, dict[str, Any]]]) -> list[LintFinding]:
    """Tables that two contracts claim, and names that become one when a file or a model is named after them."""
    found: list[LintFinding] = []
    seen: dict[tuple[str, str], tuple[str, Path]] = {}
    for name, (path, part) in current.items():
        slug = "".join(ch if ch.isalnum() or ch in "-_" else "_" for ch in name).lower()
        schema = str(part.get("_schema", ""))
        for claim in {("name", slug), ("table", f"{schema}.{part.get('physicalName') or name}")}:
            other = seen.setdefault(claim, (name, path))
            if other[0] != name:
                message = f"{name} and {other[0]} ({other[1].name}) collide on the {claim[0]} {claim[1]}"
                found.append(LintFinding(path, ("schema",), line_of(path, ("schema",)), message))
    return found


def _current(documents: dict[Path, dict[str, Any]]) -> dict[str, tuple[Path, dict[str, Any]]]:
    """The tables of all contracts by name, of each contract's highest version."""
    best: dict[str, tuple[list[int], Path, dict[str, Any]]] = {}
    for path, document in documents.items():
        digits = [int(p) for p in str(document.get("version", "0")).split(".") if p.isdigit()]
        key = str(document.get("id") or document.get("name") or path)
        if key not in best or digits > best[key][0]:
            best[key] = (digits, path, document)
    tables: dict[str, tuple[Path, dict[str, Any]]] = {}
    for _, path, document in best.values():
        servers = [s for s in _list(document.get("servers")) if isinstance(s, dict)]
        schema = next((s.get("schema") for s in servers if s.get("type") == "postgres"), "raw")
        for part in _list(document.get("schema")):
            if isinstance(part, dict):
                name = str(part.get("name"))
                if name in tables and tables[name][0] != path:
                    name = f"{name} of {path.name}"
                tables[name] = (path, {**part, "_schema": schema})
    return tables


def _generation(folder: Path) -> list[LintFinding]:
    """Names that would become one, and clauses that nobody can enforce: these come out when everything is generated."""
    from c360.contract.catalog import Catalog, collision, collisions
    from c360.contract.load import find_contracts
    from c360.generate.plan import plan

    if folder.is_file():
        return []
    try:
        contracts = find_contracts(folder)
        found = []
        for claim, owner, other in collisions(contracts):
            path, inside = owner[0].path, ("schema", owner[1], "name") if claim[0] != "page" else ("name",)
            found.append(LintFinding(path, inside, line_of(path, inside), collision(claim, owner, other)))
        if not found:
            plan(Catalog.of(contracts))
        return found
    except Breach as error:
        return [LintFinding(folder, (), 1, error.message)]


def _noted(documents: dict[Path, dict[str, Any]], folder: Path) -> Iterator[LintFinding]:
    """What a contract says and nobody enforces."""
    from c360.contract.load import load_contract

    for path, document in documents.items():
        try:
            contract = load_contract(path, folder, document)
        except Breach:  # found already
            continue
        for clause in (c for dataset in contract.datasets for c in dataset.clauses):
            if isinstance(clause.argument, Noted) and clause.argument.warn:
                place, message = clause.argument.place, f"nobody enforces {clause.argument.text}: {clause.argument.why}"
                yield LintFinding(path, place, line_of(path, place), message, "warning")


def _names(part: dict[str, Any]) -> set[str]:
    return {str(p.get("name")) for p in _list(part.get("properties")) if isinstance(p, dict)}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
