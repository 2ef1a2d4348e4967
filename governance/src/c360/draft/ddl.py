"""Tables out of SQL: `create table` and `comment on`, in any dialect that sqlglot reads, with the types of Postgres."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from c360.errors import CouldNotTell

_LARGEST = 20_000_000
_COUNTED = {"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"}
"""What Postgres makes of them, with a default, and never null."""


def tables_of(path: Path, dialect: str) -> list[dict[str, Any]]:
    """Each table as an ODCS schema object. Raises CouldNotTell for a file that is no SQL, and where it has no table."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        if path.stat().st_size > _LARGEST:
            raise CouldNotTell(f"{path} is larger than {_LARGEST} bytes.", "Split it.")
        text = re.sub(r"(?m)^\\.*$", "", path.read_text(encoding="utf-8"))  # what psql is told, as by pg_dump
        statements = [one for one in sqlglot.parse(text, read=dialect) if one]
    except (SqlglotError, RecursionError, UnicodeDecodeError) as error:
        raise CouldNotTell(f"{path} is no SQL of {dialect}.", "Say whose it is: --dialect snowflake") from error
    except OSError as error:
        raise CouldNotTell(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error
    creates = [one for one in statements if isinstance(one, exp.Create) and isinstance(one.this, exp.Schema)]
    tables = {create.this.this.name: _table(create) for create in creates if create.kind == "TABLE"}
    if not tables:
        raise CouldNotTell(f"{path} creates no table.", "Give c360 import SQL with create table (…).")
    for alter in (one for one in statements if isinstance(one, exp.Alter) and isinstance(one.this, exp.Table)):
        _alter(tables, alter)
    for comment in (one for one in statements if isinstance(one, exp.Comment)):
        _comment(tables, comment)
    return list(tables.values())


def _alter(tables: dict[str, dict[str, Any]], alter: Any) -> None:
    """Constraints that are added later, as pg_dump writes them."""
    from sqlglot import exp

    columns = {prop["name"]: prop for prop in tables.get(alter.this.name, {}).get("properties", [])}
    for action in alter.args.get("actions") or []:
        for constraint in action.expressions if isinstance(action, exp.AddConstraint) else []:
            for one in constraint.expressions if isinstance(constraint, exp.Constraint) else [constraint]:
                _constrain(columns, one)


def _table(create: Any) -> dict[str, Any]:
    from sqlglot import exp

    schema, columns = create.this, {}
    for column in (one for one in schema.expressions if isinstance(one, exp.ColumnDef)):
        columns[column.name] = _column(column)
    for constraint in schema.expressions:
        for one in constraint.expressions if isinstance(constraint, exp.Constraint) else [constraint]:
            _constrain(columns, one)
    table = schema.this
    return {"name": table.name, "physicalName": table.name, "properties": list(columns.values())}


def _column(column: Any) -> dict[str, Any]:
    from sqlglot import exp

    found: dict[str, Any] = {"name": column.name}
    if column.kind is not None:
        kind = column.kind.sql("postgres").lower().replace(", ", ",")
        found["physicalType"] = _COUNTED.get(kind, kind)
        found |= {"required": True} if kind in _COUNTED else {}
    for constraint in column.constraints:
        kind = constraint.kind
        if isinstance(kind, exp.NotNullColumnConstraint) and not kind.args.get("allow_null"):
            found["required"] = True
        elif isinstance(kind, exp.PrimaryKeyColumnConstraint):
            found |= {"primaryKey": True, "primaryKeyPosition": 1, "required": True}
        elif isinstance(kind, exp.UniqueColumnConstraint):
            found["unique"] = True
        elif isinstance(kind, exp.CommentColumnConstraint):
            found["description"] = kind.this.name
        elif isinstance(kind, exp.Reference):
            found["relationships"] = [{"to": target} for target in _targets(kind)[:1]]
    return found


def _constrain(columns: dict[str, dict[str, Any]], constraint: Any) -> None:
    """A constraint of the table, on one column or several."""
    from sqlglot import exp

    if isinstance(constraint, exp.PrimaryKey):
        for position, name in enumerate(_names(constraint.expressions), start=1):
            if name in columns:
                columns[name] |= {"primaryKey": True, "primaryKeyPosition": position, "required": True}
    elif isinstance(constraint, exp.UniqueColumnConstraint):
        names = list(_names(constraint.this.expressions if constraint.this else []))
        if len(names) == 1 and names[0] in columns:
            columns[names[0]]["unique"] = True
    elif isinstance(constraint, exp.ForeignKey):
        names = list(_names(constraint.expressions))
        targets = _targets(constraint.args.get("reference"))
        if len(names) == len(targets) == 1 and names[0] in columns:
            columns[names[0]]["relationships"] = [{"to": targets[0]}]


def _targets(reference: Any) -> list[str]:
    from sqlglot import exp

    schema = reference.this if reference is not None else None
    if not isinstance(schema, exp.Schema):
        return []
    return [f"{schema.this.name}.{name}" for name in _names(schema.expressions)]


def _names(expressions: Any) -> Iterator[str]:
    for one in expressions:
        yield one.this.name if one.name == "" else one.name


def _comment(tables: dict[str, dict[str, Any]], comment: Any) -> None:
    from sqlglot import exp

    text = comment.expression.name
    if isinstance(comment.this, exp.Table) and comment.this.name in tables:
        tables[comment.this.name]["description"] = text
    elif isinstance(comment.this, exp.Column) and comment.this.table in tables:
        for prop in tables[comment.this.table]["properties"]:
            if prop["name"] == comment.this.name:
                prop["description"] = text
