"""What dbt's results say of clauses. Judged by what dbt measured: its warnings and thresholds are not ours.

dbt's messages may quote data, so none is kept: just names of its nodes and columns, in our own words.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from c360.clause.kinds import PHYSICAL_TYPE, PRESENT, REQUIRED, UNEXPECTED_COLUMNS
from c360.contract.catalog import Catalog
from c360.ledger.history import Finding, Outcome, failing
from c360.model import Clause, Dataset, Kind

OUTCOMES: dict[str, Outcome] = {
    "pass": "passed", "success": "passed", "fail": "failed", "warn": "warned", "skipped": "skipped",
    "error": "errored", "runtime error": "errored", "partial success": "errored", "no-op": "skipped",
}  # fmt: skip
"""What became of a node, by dbt's word for it."""
NEAR = 0.75
"""The share of a freshness promise from which on dbt warns of what is to come."""
_REFUSED = "dbt refused to build"
_NULL = re.compile(r'null value in column "([^"]+)"')
_MISMATCH = re.compile(r"^\s*\|\s*(\S+)\s*\|\s*(.*?)\s*\|\s*(.*?)\s*\|\s*(.*?)\s*\|$", re.MULTILINE)
"""A line of dbt's table about an enforced contract: column, type of the query, type of the contract, reason."""


def results_of(answer: Any) -> list[Any]:
    """The results of dbt's nodes; none when dbt got to run nothing."""
    return list(getattr(answer.result, "results", None) or [])


def of_sources(catalog: Catalog, answer: Any) -> list[Finding]:
    """Findings on freshness, from `dbt source freshness`: its own age decides, to the second."""
    clauses = _clauses(catalog)
    return [_fresh(clauses[name], node) for node in results_of(answer) if (name := _clause_id(node.node)) in clauses]


def _fresh(clause: Clause[int], node: Any) -> Finding:
    age = getattr(node, "age", None)
    if age is None:
        return Finding(clause, "dbt", "errored", detail="dbt could not measure it")
    if age > clause.argument:
        return Finding(clause, "dbt", failing(clause), age)
    near = f"past {NEAR:.0%} of its limit" if age > NEAR * clause.argument else None
    return Finding(clause, "dbt", "passed", age, detail=near)


def of_models(catalog: Catalog, answer: Any) -> list[Finding]:
    """Findings of data tests, and of models that dbt refused to build, from `dbt build`."""
    clauses, results = _clauses(catalog), results_of(answer)
    ended = {node.node.unique_id: node for node in results}
    models = {dataset.node: dataset for contract, dataset in catalog.pairs() if contract.layer != "sources"}
    found = []
    for node in results:
        clause = clauses.get(_clause_id(node.node))
        if clause is not None:
            found.append(_tested(clause, node, ended))
        elif str(node.status) == "error" and name_of(node.node) in models:
            found += _refused(models[name_of(node.node)], str(node.message or ""))
    return found


def _tested(clause: Clause, node: Any, ended: dict[str, Any]) -> Finding:
    """Any violation breaks the clause: a project may have set dbt's severity and thresholds to something else."""
    engine = "elementary" if clause.kind.dbt == "elementary" else "dbt"
    outcome, violations = OUTCOMES.get(str(node.status), "errored"), getattr(node, "failures", None)
    if outcome == "skipped":
        return Finding(clause, engine, outcome, detail=_why_skipped(node, ended))
    if outcome == "errored":
        return Finding(clause, engine, outcome, detail="dbt could not run the test")
    held = outcome == "passed" if violations is None else violations == 0
    rows = violations if engine == "dbt" else None
    return Finding(clause, engine, "passed" if held else failing(clause), violations, rows)


def _why_skipped(node: Any, ended: dict[str, Any]) -> str:
    """The first node upstream that did not end well; dbt itself says nothing more."""
    waiting, seen = [*node.node.depends_on.nodes], set()
    while waiting:
        above = ended.get(waiting.pop(0))
        if above is None or above.node.unique_id in seen:
            continue
        seen.add(above.node.unique_id)
        if OUTCOMES.get(str(above.status)) in ("failed", "errored"):
            return f"dbt skipped it, because {name_of(above.node)} {OUTCOMES[str(above.status)]}"
        waiting += above.node.depends_on.nodes
    return "dbt skipped it"


def _refused(dataset: Dataset, message: str) -> Iterator[Finding]:
    """A model that breaks its enforced contract is not built: dbt says why by column, where tests would by clause."""
    broken: set[tuple[Kind[Any], str | None]] = {(REQUIRED, column) for column in _NULL.findall(message)}
    for column, queried, promised, _ in _MISMATCH.findall(message):
        if set(column) != {"-"} and column != "column_name":
            kind = PRESENT if not queried else PHYSICAL_TYPE if promised else UNEXPECTED_COLUMNS
            broken.add((kind, column if promised else None))
    for clause in dataset.clauses:
        column = dataset.physical(clause.column) if clause.column else None
        if (clause.kind, column) in broken and not (clause.kind is UNEXPECTED_COLUMNS and clause.argument):
            yield Finding(clause, "dbt", failing(clause), detail=f"{_REFUSED} {dataset.node}")


def refused(findings: Iterable[Finding]) -> set[str]:
    """The models that dbt did not build for the clauses they break."""
    words = (found.detail or "" for found in findings)
    return {text.removeprefix(f"{_REFUSED} ") for text in words if text.startswith(_REFUSED)}


def _clauses(catalog: Catalog) -> dict[str, Clause]:
    return {clause.id: clause for _, dataset in catalog.pairs() for clause in dataset.clauses}


def name_of(node: Any) -> str:
    """A node of dbt by its name, a version of a model by both: `customers.v1`."""
    version = getattr(node, "version", None)
    return str(node.name) if version is None else f"{node.name}.v{version}"


def _clause_id(node: Any) -> str:
    meta = getattr(getattr(node, "config", None), "meta", None) or {}
    return str(meta.get("clause", ""))


def stale(answer: Any, findings: Iterable[Finding]) -> list[str]:
    """What is older than promised: clauses, and sources that no clause is about, by their names."""
    known = {found.clause.id for found in findings}
    broken = [found.clause.id for found in findings if found.outcome == "failed"]
    return broken + [
        node.node.name
        for node in results_of(answer)
        if str(node.status) == "error" and _clause_id(node.node) not in known
    ]
