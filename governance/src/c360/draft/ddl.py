"""Tables out of SQL: `create table` and `comment on`, in any dialect that sqlglot reads, with the types of Postgres."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from c360.contract.catalog import on_disk
from c360.draft.constraints import Constraint, TableDescription
from c360.draft.ddl_altered import altered, altered_name, is_of_no_column, without_texts
from c360.draft.ddl_constraints import constraint_of, constraints_of
from c360.draft.ddl_tables import add_comment, column_of, described_table, parents, type_name
from c360.draft.own_types import CITEXT, OwnType, with_own_types
from c360.draft.script import Statement, statements_of
from c360.errors import CouldNotTell

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it quotes what it does not know

_LARGEST = 20_000_000
_DOMAIN = re.compile(r"\s*domain\s+((?:\"[^\"]+\"|\w+)(?:\s*\.\s*(?:\"[^\"]+\"|\w+))?)\s+(?:as\s+)?(.*)", re.I | re.S)
_UNNAMED = re.compile(r"(?i)\badd\s+check\b")


def tables_of(path: Path, dialect: str) -> list[TableDescription]:
    """Raises CouldNotTell for a file that is no SQL, and where it has no table."""
    try:
        if path.stat().st_size > _LARGEST:
            raise CouldNotTell(f"{path} is larger than {_LARGEST} bytes.", "Split it.")
        read = list(_statements(path.read_text(encoding="utf-8-sig"), dialect))
    except (SqlglotError, RecursionError, UnicodeDecodeError) as error:
        raise CouldNotTell(f"{path} is no SQL of {dialect}.", "Say whose it is: --dialect snowflake") from error
    except ValueError as error:
        raise CouldNotTell(f"The dialect {dialect!r} is unknown.", "Write one, such as --dialect snowflake") from error
    except OSError as error:
        raise CouldNotTell(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error
    statements = [one.tree for one in read]
    creates = [one for one in statements if isinstance(one, exp.Create) and isinstance(one.this, exp.Schema)]
    types = _own_types(statements)
    tables: dict[str, TableDescription] = {}
    schemas: dict[str, str] = {}
    first_names: dict[str, str] = {}
    twins: dict[str, list[str]] = {}
    foreign: list[str] = []
    for one in read:
        create = one.tree
        if create in creates and create.kind == "TABLE" and not create.this.this.name.startswith("#"):
            called = create.this.this
            one_name = first_names.setdefault(on_disk(called.name), called.name)
            if called.name != one_name:
                twins.setdefault(one_name, []).append(f"Not read: the table {called.name}, which is named nearly so.")
                continue
            first = schemas.setdefault(called.name, called.db)
            if called.db != first:  # in one folder, contracts have one name
                twins.setdefault(called.name, []).append(f"Not read: the table of that name in the schema {called.db}.")
                continue
            notes = tuple(f"Not read: {without_texts(left, dialect)}" for left in one.unread)
            tables[called.name] = described_table(create, dialect, tables, types, notes)
            continue
        schema, name = altered_name(create)
        name = _written(name, tables, twins)
        if name in tables and (schema == schemas[name] or (name not in twins and "" in (schema, schemas[name]))):
            tables[name] = altered(tables[name], create, dialect, types)
        elif name and name not in {*tables, *twins} and not is_of_no_column(create):
            foreign.append(f"Not read: ALTER TABLE {name}, which no statement before it creates.")
    if not tables:
        raise CouldNotTell(f"{path} creates no table.", "Give c360 import SQL with create table (…).")
    constraints: dict[str, list[Constraint]] = {name: [] for name in tables}
    for table, constraint in (found for one in statements for found in constraints_of(one)):
        constraints.get(_written(table, tables, twins), []).append(constraint)
    for create in creates:
        for parent in [parent for parent, whole in parents(create) if whole]:
            constraints.get(create.this.this.name, []).extend(constraints.get(parent, []))
    for one in statements:
        add_comment({name: table.part for name, table in tables.items()}, one)
    keys = {
        name: next((one.columns for one in of if one.kind == "primary key"), ()) for name, of in constraints.items()
    }
    return [
        with_own_types(
            replace(
                table,
                constraints=tuple(_led(one, keys) for one in constraints[name]),
                notes=(
                    *table.notes,
                    *twins.get(name, ()),
                    *(dict.fromkeys(foreign) if name == next(iter(tables)) else ()),
                ),
            ),
            {column: types[named] for column, named in table.apart.items()},
        )
        for name, table in tables.items()
    ]


def _statements(text: str, dialect: str) -> Iterator[Statement]:
    for one in statements_of(text, dialect):
        if isinstance(one.tree, exp.Command) and str(one.tree.this).lower() == "alter":
            named = _UNNAMED.sub('add constraint "" check', f"{one.tree.this} {one.tree.expression}", count=1)
            with suppress(SqlglotError):
                one = Statement(sqlglot.parse_one(named, read=dialect))
        yield one


def _written(name: str, tables: Mapping[str, TableDescription], twins: Mapping[str, list[str]]) -> str:
    """A table's name as it was written where the table was made: databases fold one without quotes."""
    if name in tables:
        return name
    return next((one for one in tables if one.casefold() == name.casefold() and one not in twins), name)


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
                    (inner.name, check.sql)
                    for inner in column.constraints
                    for check in constraint_of(inner.kind, inner.name, ("value",))
                    if check.kind == "check"
                ]
                kept, name = column_of(column, "postgres", lambda said: None), create.this.this.name
                domain = OwnType(name, kept["physicalType"], required="required" in kept, checks=tuple(checks))
                base = types.get(type_name(column.kind))
                types[name] = domain.over(base) if base else domain
    return types
