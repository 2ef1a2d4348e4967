"""Types that a database has of its own, as contracts say them: domains as their base with what they check, enum types
as text with their labels, citext as text."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from c360.draft.constraints import Constraint, TableDescription

CITEXT = "citext"
_COMPARED = {
    "enum": "an enum type: text here, with its labels, and without their order",
    CITEXT: "text that does not tell A from a: text here, which does",
    "": "a domain: here its base type, with what it checks",
}


@dataclass(frozen=True)
class OwnType:
    """`physical` is what a contract has for it; `checks` are names and conditions on VALUE; `how` says in which way of
    their own (`enum`, `citext`) its values compare, if they do."""

    name: str
    physical: str
    labels: tuple[str, ...] = ()
    how: str = ""
    required: bool = False
    checks: tuple[tuple[str, str], ...] = ()

    def over(self, base: "OwnType") -> "OwnType":
        """This domain with what the domain or enum type below it says."""
        required, checks = self.required or base.required, (*base.checks, *self.checks)
        return replace(base, name=self.name, required=required, checks=checks)


def with_own_types(described: TableDescription, own: Mapping[str, OwnType]) -> TableDescription:
    """The table with the types of these columns as a contract can say them; what was proposed of their values stays,
    where the type says nothing of it."""
    columns, constraints, notes = [], list(described.constraints), list(described.notes)
    for column in described.part["properties"]:
        if found := own.get(column["name"]):
            column = {**column, "physicalType": found.physical, **_keys(found)}
            constraints += [Constraint("check", name, (column["name"],), sql=sql) for name, sql in found.checks]
            notes.append(f"The type of {column['name']}, {found.name}, is {_COMPARED[found.how]}.")
        columns.append(column)
    apart = {name: found.how for name, found in own.items() if found.how}
    return TableDescription({**described.part, "properties": columns}, tuple(constraints), apart, notes)


def _keys(found: OwnType) -> dict[str, Any]:
    keys: dict[str, Any] = {"required": True} if found.required else {}
    return keys | {"enum": [{"value": label} for label in found.labels]} if found.labels else keys
