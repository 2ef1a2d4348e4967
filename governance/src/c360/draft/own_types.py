"""Types that a database has of its own, as contracts say them: domains as their base with what they check, enum types
as text with their labels, citext as text."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from c360.draft.constraints import Constraint, Described

CITEXT = "citext"
_TOLD = {
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


def with_own_types(described: Described, own: Mapping[str, OwnType]) -> Described:
    """The table with the types of these columns as a contract can say them; what was proposed of their values stays,
    where the type says nothing of it."""
    columns, constraints, told = [], list(described.constraints), list(described.told)
    for column in described.part["properties"]:
        if found := own.get(column["name"]):
            column = {**column, "physicalType": found.physical, **_said(found)}
            constraints += [Constraint("check", name, (column["name"],), says=says) for name, says in found.checks]
            told.append(f"The type of {column['name']}, {found.name}, is {_TOLD[found.how]}.")
        columns.append(column)
    apart = {name: found.how for name, found in own.items() if found.how}
    return Described({**described.part, "properties": columns}, tuple(constraints), apart, told)


def _said(found: OwnType) -> dict[str, Any]:
    said: dict[str, Any] = {"required": True} if found.required else {}
    return said | {"enum": [{"value": label} for label in found.labels]} if found.labels else said
