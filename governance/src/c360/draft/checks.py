"""A CHECK of a table: what it says of single columns as contracts do, and the rest as a condition on a row."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from c360.clause import guard, rules
from c360.clause.dialect import POSTGRES
from c360.clause.kinds import ROW_RULE
from c360.clause.promise import Entry, Table
from c360.draft.promises import promises_of, unwrapped
from c360.errors import Breach
from c360.model import Clause

Columns = Mapping[str, dict[str, Any]]
"""Properties of ODCS by name, with their types."""
_TEXTS = (exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.CHAR, exp.DType.BPCHAR)
_PATTERNS = (exp.Like, exp.ILike, exp.SimilarTo, exp.RegexpLike, exp.RegexpILike)
_ALIKE = (
    exp.EQ, exp.NEQ, exp.In, exp.Is, exp.Not, exp.And, exp.Or, exp.Paren, exp.Column, exp.Identifier, exp.Literal,
    exp.Null,
)  # fmt: skip
"""What can be asked of values of which none is more than another."""


@dataclass(frozen=True)
class ColumnPromise:
    """What `sql`, a part of a CHECK, promises of a column: a key of its property or of its options, and the value."""

    column: str
    key: str
    value: Any
    sql: str


@dataclass(frozen=True)
class Check:
    """The parts of a CHECK that are promises of columns, and the SQL of those that are none."""

    promises: tuple[ColumnPromise, ...]
    rest: tuple[str, ...]

    def query(self, left: Sequence[ColumnPromise]) -> str:
        """Counts the rows that break the rest, or one of the promises that are `left`; empty where there is neither."""
        parts = dict.fromkeys([*self.rest, *(promise.sql for promise in left)])
        wrong = " AND ".join(f"({part})" for part in parts) if len(parts) > 1 else "".join(parts)
        return f"SELECT COUNT(*) FROM ${{table}} WHERE NOT ({wrong})" if parts else ""


def read_check(
    sql: str, columns: Columns, persons: Collection[str], apart: Mapping[str, str], value: str = ""
) -> Check:
    """`value` is the column that VALUE stands for in a CHECK of a domain. `persons` are columns that tell a person;
    `apart` those whose values compare in a way of their own: without case (`citext`), in the order of labels (`enum`).

    Raises Breach where no contract can say what the CHECK does, with its SQL unless that may tell somebody.
    """
    try:
        tree = sqlglot.parse_one(f"select 1 where ({sql}\n)", read="postgres").args["where"].this.unnest()
    except (SqlglotError, RecursionError, AttributeError, KeyError) as error:
        raise Breach("it cannot be read") from error
    for node in tree.find_all(exp.Column) if value else ():
        node.set("this", exp.to_identifier(value, quoted=True))
    if _tells(tree, {name.lower() for name in persons}):
        raise Breach("it compares what tells a person with a text")
    try:
        return _read(tree, columns, apart)
    except Breach as error:
        raise Breach(f"{error.message.rstrip('.')}: {sql}", error.remedy) from error


def _tells(tree: exp.Expr, persons: Collection[str]) -> bool:
    """Whether a text stands beside a column that tells a person, and is no pattern."""
    if not any(column.name.lower() in persons for column in tree.find_all(exp.Column)):
        return False
    texts = (literal for literal in tree.find_all(exp.Literal) if literal.is_string)
    return any(any(map(str.isalnum, text.name)) and text.find_ancestor(*_PATTERNS) is None for text in texts)


def _read(tree: exp.Expr, columns: Columns, apart: Mapping[str, str]) -> Check:
    folded = {name.lower(): name for name in columns}
    for node in list(tree.find_all(exp.Column)):
        name = node.name if node.name in columns else folded.get(node.name.lower(), "")
        if not name:
            raise Breach(f"{node.name} is no column of the table")
        node.set("this", exp.to_identifier(name, quoted=POSTGRES.quote(name) != name))
        node.set("table", None)
    tree = tree.transform(_plain, columns)
    for node in tree.find_all(exp.Column):
        how = apart.get(node.name)
        if how == "citext" or (how and not all(isinstance(other, _ALIKE) for other in tree.walk())):
            raise Breach(f"{node.name} compares as {how} there, and as text here")
    found, rest = [], []
    for part in tree.flatten() if isinstance(tree, exp.And) else [tree]:
        sql = part.unnest().sql("postgres", comments=False)
        promises = [ColumnPromise(*promise, sql) for promise in promises_of(part.unnest(), columns)]
        found += promises
        rest += [] if promises else [sql]
    check = Check(tuple(found), tuple(rest))
    _can_run(check.query(found))
    return check


def _plain(node: exp.Expr, columns: Columns) -> exp.Expr:
    """Without what Postgres itself writes into a CHECK: casts that change nothing, and lists as arrays."""
    if isinstance(node, exp.Cast) and not node.to.expressions:
        inner, kind = unwrapped(node), node.to.this
        logical = columns[inner.name]["logicalType"] if isinstance(inner, exp.Column) else ""
        literal = inner.is_string or kind == exp.DType.DECIMAL if isinstance(inner, exp.Literal | exp.Neg) else False
        as_text = kind in (*_TEXTS, exp.DType.USERDEFINED) and (logical == "string" or literal)
        as_number = kind == exp.DType.DECIMAL and (logical in ("integer", "number") or literal)
        return inner if as_text or as_number else node
    word = "ANY" if isinstance(node, exp.EQ) else "ALL" if isinstance(node, exp.NEQ) else ""
    every = node.args.get("expression") if word else None
    if isinstance(every, exp.Any | exp.All | exp.Anonymous):
        array = unwrapped(every.expressions[0] if isinstance(every, exp.Anonymous) else every.this)
        called = str(every.this) if isinstance(every, exp.Anonymous) else every.key
        if called.upper() == word and isinstance(array, exp.Array):
            found = exp.In(this=node.this, expressions=array.expressions).transform(_plain, columns)
            return exp.Not(this=found) if word == "ALL" else found
    return node


def _can_run(query: str) -> None:
    """Raises Breach where the guard of rules would refuse one."""
    rule = {"id": "check", "type": "sql", "query": query, "mustBe": 0}
    table = Table(Path(), {"name": "table"}, {}, delivered=True)
    promise = next(rules.row_rule(Entry(table, rule)), None)
    if promise is None:
        raise Breach("its rows cannot be judged one by one")
    guard.condition(Clause("check", "", "", "table", None, ROW_RULE, promise.argument, "error", "conformity"))
