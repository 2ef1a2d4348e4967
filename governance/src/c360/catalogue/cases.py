"""Clauses as test cases: one for each stage of ours that judges them, and what the history knows of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from c360.catalogue.entities import Entity, Names, qualified, simple
from c360.catalogue.values import Ref, Text, markdown
from c360.clause.arguments import Unenforced
from c360.ledger.outcomes import Past
from c360.model import Clause, Contract, Dataset, Point

STAGES: tuple[Point, ...] = ("gate", "verify")
"""What dbt finds comes by its own artifacts."""
_DIMENSIONS = {
    "accuracy": "Accuracy", "completeness": "Completeness", "conformity": "Validity", "consistency": "Consistency",
    "uniqueness": "Uniqueness",
}  # fmt: skip
"""The server's word for a quality dimension; it has none for timeliness and coverage."""
_STATUS = {"passed": "Success", "failed": "Failed", "warned": "Failed", "errored": "Aborted"}


@dataclass(frozen=True)
class Result:
    """What one run found out about a case. `at` is the run's clock in milliseconds since 1970, UTC."""

    case: Ref
    at: int
    body: dict[str, Any]


def definitions(dataset: Dataset, names: Names) -> Iterator[Entity]:
    """One for each kind of clause, of columns and of tables."""
    for clause in _judged(dataset):
        ref = _definition(clause, names)
        about = f"A clause of a data contract: {clause.kind.name}."
        yield Entity(
            ref,
            {
                "name": ref.name,
                "description": about,
                "entityType": "COLUMN" if clause.column else "TABLE",
                "testPlatforms": ["Other"],
                "dataQualityDimension": _DIMENSIONS.get(clause.kind.dimension, "NoDimension"),
            },
            {("description",): Text(about)},
        )


def cases(contract: Contract, dataset: Dataset, names: Names) -> Iterator[Entity]:
    """One for each clause and each stage that judges it."""
    for clause in _judged(dataset):
        for stage in STAGES:
            if clause.absent(stage) or (stage == "gate" and contract.layer != "sources"):
                continue
            definition = _definition(clause, names)
            promise = Text(
                f"{clause.description or clause.kind.describe(clause)} ({contract.label}, {clause.severity})"
            )
            body = {
                "name": _name(clause, stage),
                "description": markdown(promise.text),
                "testDefinition": definition.name,
                "entityLink": _link(dataset, clause, names),
            }
            table = Ref("table", names.table(dataset.schema, dataset.table))
            ref = Ref("testCase", _qualified(dataset, clause, stage, names))
            yield Entity(ref, body, {("description",): promise}, needs=(table, definition))


def results(dataset: Dataset, past: Iterable[Past], last: dict[str, int], names: Names) -> Iterator[Result]:
    """Outcomes of the past that the catalogue does not have: `last` holds the time of the newest by case."""
    clauses = {clause.id: clause for clause in dataset.clauses}
    for one in past:
        clause = clauses.get(one.clause)
        if clause is None or one.outcome not in _STATUS:
            continue
        ref = Ref("testCase", _qualified(dataset, clause, one.stage, names))
        at = int(one.as_of.timestamp() * 1000)
        if at > last.get(ref.name, -1):
            rows = [] if one.rows is None else [{"name": "rows that break it", "value": str(one.rows)}]
            known = f"{one.outcome} at {one.stage}, by {one.engine}"
            yield Result(
                ref,
                at,
                {"timestamp": at, "testCaseStatus": _STATUS[one.outcome], "result": known, "testResultValue": rows},
            )


def _judged(dataset: Dataset) -> Iterator[Clause[Any]]:
    return (clause for clause in dataset.clauses if not isinstance(clause.argument, Unenforced))


def _name(clause: Clause[Any], stage: str) -> str:
    return simple(f"{clause.id}@{stage}")


def _definition(clause: Clause[Any], names: Names) -> Ref:
    return Ref("testDefinition", simple(names.own(f"{clause.kind.name}_{'column' if clause.column else 'table'}")))


def _qualified(dataset: Dataset, clause: Clause[Any], stage: str, names: Names) -> str:
    column = (dataset.physical(clause.column),) if clause.column else ()
    return ".".join([names.table(dataset.schema, dataset.table), *map(qualified, (*column, _name(clause, stage)))])


def _link(dataset: Dataset, clause: Clause[Any], names: Names) -> str:
    column = f"::columns::{simple(dataset.physical(clause.column))}" if clause.column else ""
    return f"<#E::table::{names.table(dataset.schema, dataset.table)}{column}>"
