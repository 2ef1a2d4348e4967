"""Pieces of SQL that shares are made of, the same on every engine or dbt's choice of it."""

from collections.abc import Callable

from c360.clause.dialect import DATABRICKS, POSTGRES, Dialect
from c360.generate.dbt_tests import by_engine
from c360.generate.target import Target
from c360.generate.text import inert, jinja_value
from c360.share.ladder import Label


def in_both_dialects(target: Target, sql: Callable[[Dialect], str]) -> str:
    """What `sql` makes, as dbt writes it; text of a contract or a policy in it runs nothing."""
    texts = by_engine(sql(POSTGRES), sql(DATABRICKS))
    return inert(texts["any"]) if "any" in texts else f"{{{{ {target.name}.by_engine({jinja_value(texts)}) }}}}"


def name_in_both(target: Target, name: str) -> str:
    return in_both_dialects(target, lambda dialect: dialect.quote(name))


def label(target: Target, made: Label, name: str) -> str:
    """Of a column as its contract names it, or of another label."""
    return in_both_dialects(target, lambda dialect: made(dialect, dialect.quote(name)))


def cast(target: Target, expression: str, kind: str) -> str:
    return in_both_dialects(target, lambda dialect: f"cast({expression} as {dialect.type_of(kind)})")
