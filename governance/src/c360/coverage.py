"""Coverage: clause × enforcement point, read off what is really generated, so that a gap shows as a blank."""

from typing import Any

import yaml

from c360.contract.catalog import Catalog
from c360.generate.plan import model_file, plan
from c360.generate.target import Target
from c360.model import Clause, Contract, Point
from c360.printable import file_stem

POINTS: tuple[Point, ...] = ("lint", "gate", "soda scan", "dbt", "verify")


def cover(catalog: Catalog, target: Target | None = None) -> dict[str, dict[Point, str]]:
    """For each clause, what each point does about it, or `not here: reason`; empty where nobody said why."""
    target = target or Target()
    files = plan(catalog, target)
    rows = {}
    for contract, dataset in catalog.pairs():
        checks = _soda_names(files.get(f"{target.soda_checks}/{file_stem(dataset.name)}.yml", "{}"))
        unchecked = "" if target.soda else "not here: Soda is off in c360.toml"
        tests = _dbt_tests(files[model_file(catalog.versions(dataset), target)])
        for clause in dataset.clauses:
            does = {
                "lint": clause.kind.linted,
                "gate": _gate(contract, clause),
                "soda scan": "check" if clause.id in checks else unchecked,
                "dbt": tests.get(clause.id, _left_out(clause, target)),
                "verify": "datacontract" if clause.kind.datacontract else "sql",
            }
            rows[clause.id] = {point: _cell(clause, point, does[point]) for point in POINTS}
    return rows


def _soda_names(text: str) -> set[str]:
    tables = yaml.safe_load(text).values()
    return {body["name"] for checks in tables for check in checks for body in check.values()}


def _dbt_tests(text: str) -> dict[str, str]:
    """The kind of test by clause id, wherever in the file it stands."""
    found: dict[str, str] = {}

    def walk(value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, dict):
            for kind, body in value.items():
                meta = body.get("config", {}).get("meta", {}) if isinstance(body, dict) else {}
                if isinstance(meta, dict) and "clause" in meta and kind != "config":
                    found[meta["clause"]] = kind
                walk(body)
            if "freshness" in value:
                found[value["meta"]["clause"]] = "source freshness"

    walk(yaml.safe_load(text))
    return found


def _left_out(clause: Clause, target: Target) -> str:
    off = clause.kind.dbt == "elementary" and not target.elementary
    return "not here: Elementary is off in c360.toml" if off else ""


def _cell(clause: Clause, point: Point, does: str) -> str:
    why = clause.absent(point)
    return f"not here: {why}" if why else does


def _gate(contract: Contract, clause: Clause) -> str:
    if contract.layer != "sources":
        return "not here: dbt builds it, nobody delivers it"
    if clause.severity == "warning":
        return "recorded"
    return "row quarantined" if clause.kind.loses_rows else "delivery refused"
