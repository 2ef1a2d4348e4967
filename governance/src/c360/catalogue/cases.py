"""Clauses as test cases: one for each stage of ours that judges them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from c360.catalogue.entities import Entity, Names, qualified, simple
from c360.catalogue.values import Ref, Text, markdown
from c360.clause.arguments import Unenforced
from c360.model import Clause, Contract, Dataset, Point

STAGES: tuple[Point, ...] = ("gate", "verify")
"""What dbt finds comes by its own artifacts."""
_DIMENSIONS = {
    "accuracy": "Accuracy", "completeness": "Completeness", "conformity": "Validity", "consistency": "Consistency",
    "uniqueness": "Uniqueness",
}  # fmt: skip
"""The server's word for a quality dimension; it has none for timeliness and coverage."""
_LINK = re.compile(r"<#E::table::(.+?)(?:::columns::(.+))?>")


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
        for stage in stages_of(contract, clause):
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
            yield Entity(
                case_of(dataset, clause, stage, names), body, {("description",): promise}, needs=(table, definition)
            )


def stages_of(contract: Contract, clause: Clause[Any]) -> list[Point]:
    """The stages that judge a clause as the contract is now; the history may know others."""
    stages = STAGES if contract.layer == "sources" else STAGES[1:]
    return [stage for stage in stages if not clause.absent(stage)]


def case_of(dataset: Dataset, clause: Clause[Any], stage: str, names: Names) -> Ref:
    """How the test case of a clause and a stage is known to us."""
    column = dataset.physical(clause.column) if clause.column else None
    return _key(names.table(dataset.schema, dataset.table), column, _name(clause, stage))


def key_of(case: Mapping[str, Any]) -> Ref:
    """The same of a test case of the server, by what it is linked to: the qualified name that the server makes of a
    column with a dot has no quotes."""
    link = _LINK.fullmatch(str(case["entityLink"]))
    return _key(link[1], link[2], str(case["name"])) if link else Ref("testCase", str(case["fullyQualifiedName"]))


def _key(table: str, column: str | None, name: str) -> Ref:
    return Ref("testCase", ".".join([table, *map(qualified, [column] if column else []), qualified(name)]))


def _judged(dataset: Dataset) -> Iterator[Clause[Any]]:
    return (clause for clause in dataset.clauses if not isinstance(clause.argument, Unenforced))


def _name(clause: Clause[Any], stage: str) -> str:
    return simple(f"{clause.id}@{stage}")


def _definition(clause: Clause[Any], names: Names) -> Ref:
    return Ref("testDefinition", simple(names.own(f"{clause.kind.name}_{'column' if clause.column else 'table'}")))


def _link(dataset: Dataset, clause: Clause[Any], names: Names) -> str:
    column = f"::columns::{simple(dataset.physical(clause.column))}" if clause.column else ""
    return f"<#E::table::{names.table(dataset.schema, dataset.table)}{column}>"
