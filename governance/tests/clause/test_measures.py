"""A sql rule gives one row with one number, or nobody can tell: what verify, Soda and dbt ask is the same."""

import psycopg
import pytest

from c360.clause.dialect import DATABRICKS, POSTGRES, Dialect
from c360.clause.kinds import SQL
from c360.clause.measure import Measure
from c360.clause.measures import measure
from c360.clause.operators import OPERATORS, Expected
from c360.database import connect
from c360.database.scanner import scanner
from c360.generate.soda import _without_null
from c360.model import Clause, Dataset, Rule, Where

THINGS = Dataset("things", "things", "raw", "", (), (), (), None)


def measured(query: str, operator: str = "mustBe", expected: Expected = 3, dialect: Dialect = POSTGRES) -> Measure:
    rule = Rule("sql", OPERATORS[operator], expected, query=query)
    clause = Clause("things.rule", "things", "1.0.0", "things", None, SQL, rule)
    where = Where(THINGS, dialect, "now()", lambda name: (name, THINGS), {("raw", "things")})
    return measure(clause, where)


@pytest.fixture(scope="module")
def looking(database):
    with connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("create table raw.things (n integer, word text, ok boolean, x double precision)")
        cursor.execute(
            "insert into raw.things values (1, '3', true, 'NaN'), (2, 'x', false, 0.5), (null, null, null, 1)"
        )
    connection.close()
    with scanner(database, ["raw"]) as found:
        yield found


def asked(what: Measure) -> tuple[str, str, str]:
    """The SQL of verify, of the Soda check, and of the dbt test."""
    return what.query, _without_null(what), what.as_violations("things")


@pytest.mark.parametrize(
    "query",
    [
        "select n from ${table} where false", "select n from ${table}", "select n from ${table} where n is not null",
        "select ok from ${table} where n = 1", "select word from ${table} where n = 1",
        "select t from ${table} t where n = 1",
        "select max(t.at) from (select current_date as at) as t", "select max(t.at) - max(t.at) + max(t.at) from "
        "(select now() as at) as t",
    ],
)  # fmt: skip
def test_what_is_no_single_number_fails_everywhere(looking, query):
    for text in asked(measured(query)):
        with pytest.raises(psycopg.Error):
            looking.rows(text)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("select count(*) from ${table}", 3), ("select n from ${table} where n = 2", 2),
        ("select sum(x) from ${table} where n = 2", 0.5),
        ("select n from ${table} where n is null", None), ("select max(x) from ${table}", None),
        ("select max(n) from ${table} where false", None), ("select 1.5", 1.5), ("select count(*)::int from things", 3),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("operator", "expected"),
    [("mustBe", 3), ("mustNotBe", 3), ("mustBeGreaterThan", 1), ("mustBeLessThan", 2), ("mustBeLessOrEqualTo", 3),
     ("mustBeGreaterOrEqualTo", 0.5), ("mustBeBetween", (1, 2)), ("mustNotBeBetween", (1, 2))],
)  # fmt: skip
def test_all_agree_on_a_number_and_null_keeps_no_bound(looking, query, value, operator, expected):
    what = measured(query, operator, expected)
    ours, soda, dbt = (looking.rows(text)[0][0] for text in asked(what))
    assert ours == value
    holds = value is not None and what.holds(value)
    assert what.holds(soda) is holds
    assert dbt == (0 if holds else 1)


def test_databricks_gets_its_own_sql():
    text = measured("select count(*) from ${table} where word !~ 'x'", dialect=DATABRICKS).query
    assert "NOT REGEXP_LIKE(word, 'x')" in text and "raise_error(" in text and "!~" not in text
