"""Tables out of SQL: `create table` and `comment on`, in any dialect that sqlglot reads, with the types of Postgres."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from c360.draft.constraints import Constraint, Described
from c360.draft.ddl_constraints import constraint_of, constraints_of
from c360.draft.own_types import CITEXT, OwnType, with_own_types
from c360.errors import CouldNotTell

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it quotes what it does not know

_LARGEST = 20_000_000
_COUNTED = {"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"}
"""What Postgres makes of them, with a default, and never null."""
_DOMAIN = re.compile(r"\s*domain\s+((?:\"[^\"]+\"|\w+)(?:\s*\.\s*(?:\"[^\"]+\"|\w+))?)\s+(?:as\s+)?(.*)", re.I | re.S)
_UNNAMED = re.compile(r"(?i)\badd\s+check\b")


def tables_of(path: Path, dialect: str) -> list[Described]:
    """Raises CouldNotTell for a file that is no SQL, and where it has no table."""
    try:
        if path.stat().st_size > _LARGEST:
            raise CouldNotTell(f"{path} is larger than {_LARGEST} bytes.", "Split it.")
        text = re.sub(r"(?m)^\\.*$", "", path.read_text(encoding="utf-8"))  # what psql is told, as by pg_dump
        statements = list(_statements(text, dialect))
    except (SqlglotError, RecursionError, UnicodeDecodeError) as error:
        raise CouldNotTell(f"{path} is no SQL of {dialect}.", "Say whose it is: --dialect snowflake") from error
    except OSError as error:
        raise CouldNotTell(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error
    creates = [one for one in statements if isinstance(one, exp.Create) and isinstance(one.this, exp.Schema)]
    tables = {create.this.this.name: _table(create) for create in creates if create.kind == "TABLE"}
    if not tables:
        raise CouldNotTell(f"{path} creates no table.", "Give c360 import SQL with create table (…).")
    constraints: dict[str, list[Constraint]] = {name: [] for name in tables}
    for table, constraint in (found for one in statements for found in constraints_of(one)):
        constraints.get(table, []).append(constraint)
    for one in (one for one in statements if isinstance(one, exp.Comment)):
        _comment(tables, one)
    types = _own_types(statements)
    keys = {
        name: next((one.columns for one in of if one.kind == "primary key"), ()) for name, of in constraints.items()
    }
    own = {
        create.this.this.name: {
            column.name: types[named]
            for column in create.this.expressions
            if isinstance(column, exp.ColumnDef) and (named := _type_name(column.kind)) in types
        }
        for create in creates
    }
    return [
        with_own_types(Described(table, tuple(_led(one, keys) for one in constraints[name])), own[name])
        for name, table in tables.items()
    ]


def _statements(text: str, dialect: str) -> Iterator[exp.Expr]:
    """Those that can be read, where all that make a table can be."""
    try:
        parsed = sqlglot.parse(text, read=dialect)
    except SqlglotError:
        parsed = [one for piece in _pieces(text, dialect) for one in _parsed(piece, dialect)]
    for one in parsed:
        if isinstance(one, exp.Command) and str(one.this).lower() == "alter":
            named = _UNNAMED.sub('add constraint "" check', f"{one.this} {one.expression}", count=1)
            with suppress(SqlglotError):
                one = sqlglot.parse_one(named, read=dialect)
        if one is not None:
            yield one


def _pieces(text: str, dialect: str) -> Iterator[str]:
    """One statement each."""
    start = 0
    for token in sqlglot.tokenize(text, read=dialect):
        if token.token_type.name == "SEMICOLON":
            yield text[start : token.start]
            start = token.end + 1
    yield text[start:]


def _parsed(piece: str, dialect: str) -> list[Any]:
    try:
        return sqlglot.parse(piece, read=dialect)
    except SqlglotError:
        if re.match(r"(?i)\s*(create|alter)\s+table\b", piece):
            raise
        return []


def _table(create: Any) -> dict[str, Any]:
    columns = [_column(column) for column in create.this.expressions if isinstance(column, exp.ColumnDef)]
    name = create.this.this.name
    return {"name": name, "physicalName": name, "properties": list({c["name"]: c for c in columns}.values())}


def _column(column: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"name": column.name}
    if column.kind is not None:
        kind = column.kind.sql("postgres").lower().replace(", ", ",")
        found["physicalType"] = _COUNTED.get(kind, kind)
        found |= {"required": True} if kind in _COUNTED else {}
    for constraint in column.constraints:
        kind = constraint.kind
        if isinstance(kind, exp.NotNullColumnConstraint) and not kind.args.get("allow_null"):
            found["required"] = True
        elif isinstance(kind, exp.CommentColumnConstraint):
            found["description"] = kind.this.name
    return found


def _led(one: Constraint, keys: Mapping[str, tuple[str, ...]]) -> Constraint:
    """A reference that names no columns leads to the key."""
    leads = one.kind == "foreign key" and not one.targets
    return replace(one, targets=keys.get(one.target, ())) if leads else one


def _own_types(statements: list[exp.Expr]) -> dict[str, OwnType]:
    """Enum types and domains by their names, without schemas; one of another comes after it."""
    types = {CITEXT: OwnType(CITEXT, "text", how=CITEXT)}
    for one in statements:
        said = one.args.get("expression")
        if isinstance(one, exp.Create) and isinstance(said, exp.DataType) and said.this == exp.DType.ENUM:
            labels = tuple(label.name for label in said.expressions)
            types[one.this.name] = OwnType(one.this.name, "text", labels, "enum")
        elif isinstance(one, exp.Command) and (found := _DOMAIN.match(str(said))):
            with suppress(SqlglotError):
                create = sqlglot.parse_one(f"create table {found[1]} (value {found[2]})", read="postgres")
                column = create.this.expressions[0]
                checks = [
                    (inner.name, check.says)
                    for inner in column.constraints
                    for check in constraint_of(inner.kind, inner.name, ("value",))
                    if check.kind == "check"
                ]
                kept, name = _column(column), create.this.this.name
                domain = OwnType(name, kept["physicalType"], required="required" in kept, checks=tuple(checks))
                base = types.get(_type_name(column.kind))
                types[name] = domain.over(base) if base else domain
    return types


def _type_name(kind: Any) -> str:
    """The name of a type that is none of SQL, without its schema."""
    named = kind.args.get("kind") if isinstance(kind, exp.DataType) and kind.this == exp.DType.USERDEFINED else None
    return named.expression.name if isinstance(named, exp.Dot) else named.name if named is not None else ""


def _comment(tables: dict[str, dict[str, Any]], comment: Any) -> None:
    text = comment.expression.name
    if isinstance(comment.this, exp.Table) and comment.this.name in tables:
        tables[comment.this.name]["description"] = text
    elif isinstance(comment.this, exp.Column) and comment.this.table in tables:
        for prop in tables[comment.this.table]["properties"]:
            if prop["name"] == comment.this.name:
                prop["description"] = text
