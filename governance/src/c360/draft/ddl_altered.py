"""What an `alter table` does to a table that stands before it: to its columns; of any other action there is a note."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from c360.draft.constraints import TableDescription
from c360.draft.ddl_tables import Columns
from c360.draft.own_types import OwnType

_NAME = r"(\"[^\"]+\"|\[[^\]]+\]|`[^`]+`|\w+)"
_COMMAND = re.compile(
    rf"(?is)\s*table\s+(?:if\s+exists\s+)?(?:only\s+)?{_NAME}(?:\s*\.\s*{_NAME})?(?:\s*\.\s*{_NAME})?(.*)"
)
_OF_NO_COLUMN = re.compile(r"(?i)\s*(?:owner\s+to\b|check\s+constraint\b|add\b)[^,]*")
"""What says nothing of columns: whose the table is, and that a constraint holds, which is read where it is added; one
that is added by a command is read beside the others."""
_REPLACES = ("mysql", "mariadb", "singlestore", "doris", "starrocks", "tidb")
"""Where MODIFY says all of a column, and one that does not say NOT NULL takes it away."""


def altered_name(tree: Any) -> tuple[str, str]:
    """The schema and the name of the table that a statement alters; empty for none."""
    if isinstance(tree, exp.Alter) and isinstance(tree.this, exp.Table):
        return tree.this.db, tree.this.name
    named, _ = _commanded(tree)
    return (named[-2] if named[1:] else ""), (named[-1] if named else "")


def added(tree: Any) -> str:
    """The words by which a statement that was not parsed adds something to a table; empty for another."""
    _, said = _commanded(tree)
    return said if re.match(r"(?i)add\b", said) else ""


def is_of_no_column(tree: Any) -> bool:
    """Whether a statement that was not parsed says nothing of columns."""
    return bool(_OF_NO_COLUMN.fullmatch(_commanded(tree)[1]))


def _commanded(tree: Any) -> tuple[list[str], str]:
    """The names of the table that a statement alters which was not parsed, and what it says of it."""
    if not isinstance(tree, exp.Command) or str(tree.this).lower() != "alter":
        return [], ""
    found = _COMMAND.match(str(tree.expression))
    return ([name.strip('"`[]') for name in found.groups()[:3] if name], found[4].strip()) if found else ([], "")


def altered(table: TableDescription, tree: Any, dialect: str, types: Mapping[str, OwnType]) -> TableDescription:
    """The table after it."""
    before = {prop["name"]: dict(prop) for prop in table.part["properties"]}
    columns = Columns(dialect, types, before, dict(table.apart), list(table.notes))
    notes = columns.notes
    for action in _actions(tree):
        if not _applied(action, columns):
            notes.append(f"Not read: {without_texts(action.sql(dialect, comments=False), dialect)}")
    options = tree.args.get("options") or [] if isinstance(tree, exp.Alter) else []
    notes += [f"Not read: {without_texts(one.sql(dialect, comments=False), dialect)}" for one in options]
    _, said = _commanded(tree)
    if said and not is_of_no_column(tree):
        notes.append(f"Not read: {without_texts(said, dialect)}")
    part = {**table.part, "properties": list(columns.by_name.values())}
    return replace(table, part=part, apart=columns.apart, notes=tuple(notes))


def without_texts(said: str, dialect: str) -> str:
    """Words of SQL without its texts, which may be somebody's, and without its comments."""
    try:
        tokens = sqlglot.tokenize(said, read=dialect)
    except SqlglotError:
        return "what is no SQL"
    shown, end = "", 0
    for token in tokens:
        gap = " " if shown and token.start > end else ""
        text = "'…'" if token.token_type.name.endswith("STRING") else said[token.start : token.end + 1]
        shown, end = f"{shown}{gap}{text}", token.end + 1
    return shown


def _actions(tree: Any) -> Iterator[Any]:
    """Each action of an `alter table` but the constraints that it adds."""
    for action in (tree.args.get("actions") or []) if isinstance(tree, exp.Alter) else []:
        if isinstance(action, exp.Schema):
            yield from action.expressions
        elif not isinstance(action, exp.AddConstraint):
            yield action


def _applied(action: Any, columns: Columns) -> bool:
    """Does to the columns what an action says, if that is understood."""
    known = columns.by_name
    if isinstance(action, exp.ColumnDef) and action.kind is not None:
        if action.name.casefold() in map(str.casefold, known):
            return bool(action.args.get("exists"))
        columns.add(action)
        return True
    name = action.this.name if isinstance(action, exp.AlterColumn | exp.ModifyColumn) else ""
    written = name if name in known else next((one for one in known if one.casefold() == name.casefold()), "")
    if not written:
        return False
    if isinstance(action, exp.ModifyColumn):
        if action.args.get("rename_from") or action.this.kind is None:
            return False
        column = action.this.copy()
        column.set("this", exp.to_identifier(written))
        _retyped(column, columns)
        if columns.dialect in _REPLACES and not _says_not_null(column):
            known[written].pop("required", None)
        return True
    kind, may_be_null = action.args.get("dtype"), action.args.get("allow_null")
    if kind is not None:
        _retyped(exp.ColumnDef(this=exp.to_identifier(written), kind=kind), columns)
        if columns.dialect in ("tsql", "fabric"):
            _require(known[written], may_be_null is False)
        return True
    if action.args.get("default") is None and action.args.get("comment") is None and may_be_null is not None:
        _require(known[written], not may_be_null)
        return True
    return False


def _retyped(column: Any, columns: Columns) -> None:
    """A column of another type, with what else was said of it."""
    before = columns.by_name[column.name]
    columns.apart.pop(column.name, None)
    columns.notes[:] = [note for note in columns.notes if not note.startswith(f"{column.name}: ")]
    columns.add(column)
    kept = {key: before[key] for key in ("required", "description", "classification") if key in before}
    columns.by_name[column.name] = {**kept, **columns.by_name[column.name]}


def _require(column: dict[str, Any], required: bool) -> None:
    column.pop("required", None)
    column |= {"required": True} if required else {}


def _says_not_null(column: Any) -> bool:
    return any(isinstance(one.kind, exp.NotNullColumnConstraint) for one in column.constraints)
