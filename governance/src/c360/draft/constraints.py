"""Constraints that a table declares, as a contract says them: keys, references, uniqueness, CHECKs.

What is no promise of ODCS, or none that is enforced here, becomes a note and is not lost.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from c360.errors import Breach

if TYPE_CHECKING:
    from c360.draft.checks import ColumnPromise

_TEXT = re.compile(r"[eE]?'(?:[^'\\]|''|\\.)*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)
"""Texts in SQL: what they name may be somebody."""
Kind = Literal["primary key", "unique", "foreign key", "check", ""]
_BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


@dataclass(frozen=True)
class Constraint:
    """One of a table, on `columns` of it; `targets` are those of `target`, none for its key.

    `sql` is of Postgres: the condition of a CHECK (of a domain, with VALUE for its column), or the whole of a
    constraint of no `kind` that is known here.
    """

    kind: Kind
    name: str = ""
    columns: tuple[str, ...] = ()
    target: str = ""
    targets: tuple[str, ...] = ()
    sql: str = ""

    @property
    def label(self) -> str:
        return " ".join(filter(None, (self.kind.upper() or "constraint", self.name)))


@dataclass(frozen=True)
class TableDescription:
    """A table as an ODCS schema object, not complete yet, with constraints that are not in it, and `notes` for people.

    `apart` are columns whose values compare in a way of their own where they come from: `enum` or `citext`.
    """

    part: dict[str, Any]
    constraints: Sequence[Constraint] = ()
    apart: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()


def with_declared_constraints(described: TableDescription) -> tuple[dict[str, Any], list[str]]:
    """The schema object with its keys, references and uniqueness, whether these lead somewhere or not; and why."""
    part, constraints = described.part, described.constraints
    if not constraints:
        return part, []
    columns = {prop["name"]: dict(prop) for prop in part["properties"]}
    relations, rules, notes = list(part.get("relationships") or []), list(part.get("quality") or []), []
    keys = [one.columns for one in constraints if one.kind == "primary key"]
    for one in constraints:
        own = [columns[name] for name in one.columns if name in columns]
        if len(own) < len(one.columns) or (one.kind == "foreign key" and len(one.targets) != len(one.columns)):
            notes.append(f"{one.label} names columns that are not known: it is left out.")
        elif one.kind == "primary key":
            for position, column in enumerate(own, start=1):
                column |= {"primaryKey": True, "primaryKeyPosition": position, "required": True}
        elif one.kind == "unique" and len(own) == 1:
            own[0]["unique"] = True
        elif one.kind == "unique" and {*one.columns} not in map(set, keys):
            keys.append(one.columns)
            rules.append(_never_alike(one, rules))
            notes.append(f"No two rows have {_and(one.columns)} alike, by {one.label}.")
        elif one.kind == "foreign key" and len(own) == 1:
            own[0].setdefault("relationships", []).append({"to": f"{one.target}.{one.targets[0]}"})
        elif one.kind == "foreign key":
            here = [f"{part['name']}.{name}" for name in one.columns]
            there = [f"{one.target}.{name}" for name in one.targets]
            relations.append({"type": "foreignKey", "from": here, "to": there})
        elif not one.kind:
            sql = _TEXT.sub("'…'", one.sql)
            notes.append(f"No clause says what {one.label} does: {sql}")
    known = {"properties": list(columns.values()), "relationships": relations, "quality": rules}
    return {**part, **known}, notes


def apply_checks(
    described: TableDescription, properties: Sequence[dict[str, Any]], rules: list[dict[str, Any]], closed: str
) -> dict[str, list[str]]:
    """Adds what CHECKs say to the properties, which are complete otherwise, and to the rules of the table. Gives what
    is to be noted by column, of the table under the empty name.

    What is compared with a column of the classification `closed` may be somebody's: it is not taken over.
    """
    checks = [one for one in described.constraints if one.kind == "check"]
    if not checks:
        return {}
    from c360.draft.checks import read_check  # sqlglot takes its time

    columns = {prop["name"]: prop for prop in properties}
    persons = {name for name, column in columns.items() if column.get("classification") == closed}
    notes: dict[str, list[str]] = {}
    made = {(name, "enum") for name, how in described.apart.items() if how == "enum"}
    for one in checks:
        try:
            check = read_check(one.sql, columns, persons, described.apart, "".join(one.columns))
        except Breach as error:
            notes.setdefault("", []).append(f"{one.label} is not drafted: {error.message}")
            continue
        left = []
        for promise in check.promises:
            if (promise.column, promise.key) in made:
                left.append(promise)
            else:
                _promise(columns[promise.column], promise, made)
                notes.setdefault(promise.column, []).append(f"Its {promise.key} is what {one.label} says.")
        if query := check.query(left):
            name = _name(one, rules)
            rules.append(
                {
                    "id": name, "type": "sql", "query": query, "mustBe": 0, "dimension": "conformity",
                    "severity": "error", "description": f"As {one.label} has it.",
                }
            )  # fmt: skip
            notes.setdefault("", []).append(f"The rule {name} is what {one.label} says.")
    return notes


def _promise(column: dict[str, Any], promise: "ColumnPromise", made: set[tuple[str, str]]) -> None:
    """Adds a promise to a column, in place of what its rows may have shown, and to those that CHECKs have `made`."""
    made.add((promise.column, promise.key))
    if promise.key == "required":
        column["required"] = True
    elif promise.key == "enum":
        column["enum"] = [{"value": value} for value in promise.value]
    else:
        side = next((side for side in _BOUNDS if promise.key in side), ())
        shown = {name for name in side if (promise.column, name) not in made}
        options = {name: value for name, value in (column.get("logicalTypeOptions") or {}).items() if name not in shown}
        column["logicalTypeOptions"] = {**options, promise.key: promise.value}


def _never_alike(one: Constraint, rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": _name(one, rules), "metric": "duplicateValues", "arguments": {"properties": list(one.columns)},
        "mustBe": 0, "dimension": "uniqueness", "severity": "error",
        "description": f"No two rows have {_and(one.columns)} alike.",
    }  # fmt: skip


def _name(one: Constraint, rules: Sequence[dict[str, Any]]) -> str:
    """What a rule is called: as its constraint, as far as an id of ODCS can be."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", one.name).strip("_") or one.kind
    taken = {rule.get("id") for rule in rules}
    return next(name for n in range(1, len(taken) + 2) if (name := stem if n == 1 else f"{stem}_{n}") not in taken)


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
