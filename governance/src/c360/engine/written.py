"""Written: what the text of a delivery means by the form of its sender, in the SQL of any engine."""

import re

from c360.clause.dialect import Dialect, canonical_type, unsized
from c360.clause.types import TEXTS
from c360.delivery.form import Form

NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision", "money")
"""Types, without a size, whose values a sender may write with other marks."""
TIMESTAMPS = ("timestamp without time zone", "timestamp with time zone")


def plain(column: str, physical_type: str, form: Form, dialect: Dialect) -> str:
    """SQL: the text `column` as its sender means it: null where it stands for none, numbers with a decimal point.

    An empty text is a value of a text column only. `column` is quoted already.
    """
    kind = unsized(canonical_type(physical_type))
    value = (
        _with_point(column, form, dialect)
        if kind in NUMBERS and (form.decimal, form.thousands) != (".", "")
        else column
    )
    nulls = [*form.null_values, *([] if kind in TEXTS else [""])]
    if not nulls:
        return value
    if nulls == [""]:
        return f"nullif({value}, '')"
    return f"case when {column} not in ({', '.join(map(dialect.literal, nulls))}) then {value} end"


def _with_point(column: str, form: Form, dialect: Dialect) -> str:
    """SQL: a number with a decimal point and without marks between groups of three digits.

    Where a mark stands elsewhere, the text keeps it, and no type of numbers has a value for it.
    """
    literal, value = dialect.literal, column
    if form.thousands:
        mark, point = re.escape(form.thousands), re.escape(form.decimal)
        grouped = rf"^[+-]?[1-9]\d{{0,2}}({mark}\d{{3}})+({point}\d*)?$"
        bare = f"replace({column}, {literal(form.thousands)}, '')"
        value = f"case when {dialect.matches(column, literal(grouped))} then {bare} else {column} end"
    if form.decimal != ".":  # a point is then no part of a number
        value = f"translate({value}, {literal(form.decimal + '.')}, '.,')"
    return value
