"""Casts lose nothing: what would be changed by one has no value in its type."""

import pytest

from c360.clause.dialect import POSTGRES
from c360.engine.postgres import connect
from c360.engine.postgres.casts import cast, plain, sure
from c360.gate.form import Form

GERMAN = Form(decimal=",", thousands=".", date_format="dd.MM.yyyy", null_values=("k. A.",))


@pytest.fixture(scope="module")
def db(database):
    connection = connect(database)
    yield connection
    connection.close()


def value(db, text: str, physical_type: str, form: Form) -> str | None:
    """The text of the value that the gate would promote; None when it has none."""
    given = f"unnest(array[{POSTGRES.literal(text)}])"  # a function's, since what is constant is cast before all else
    read = f"select {plain('t', physical_type, form)} as r from {given} as given (t) offset 0"
    with db, db.cursor() as cursor:
        cursor.execute(f"select ({cast('r', physical_type, form)})::text from ({read}) as read")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("text", "physical_type", "expected"),
    [
        ("1.50", "numeric(12,2)", "1.50"), ("15e-1", "numeric(12,2)", "1.50"), ("1.505", "numeric(12,2)", None),
        ("1_000", "integer", None), ("1.0", "integer", None), ("+7", "integer", "7"), ("99999999999", "integer", None),
        ("", "integer", None), ("", "text", ""), ("abc", "varchar(3)", "abc"), ("abcd", "varchar(3)", None),
        ("2026-02-29", "date", None), ("2026-03-01T00:00:00Z", "date", "2026-03-01"),
        ("2026-03-01 10:00", "date", None), ("tomorrow", "date", None), ("infinity", "date", None),
        ("2026-03-01 12:00:00+02", "timestamp", None), ("2026-03-01T12:00:00Z", "timestamp", "2026-03-01 12:00:00"),
        ("2026-03-01 12:00:00", "timestamptz", None), ("2026-03-01 12:00+02", "timestamptz", "2026-03-01 10:00:00+00"),
        ("24:00", "time", None), ("23:59", "time", "23:59:00"),
        ("{00000000-0000-4000-8000-000000000001}", "uuid", None), ("TRUE", "boolean", "true"), ("yes", "boolean", None),
        ("NaN", "double precision", "NaN"), ("infinity", "double precision", None), ("0x10", "integer", None),
        ('{"a": 1}', "jsonb", '{"a": 1}'), ("{a}", "jsonb", None), ("\\x6a", "bytea", "\\x6a"), ("j", "bytea", None),
    ],
)  # fmt: skip
def test_as_silence_has_it(db, text, physical_type, expected):
    assert value(db, text, physical_type, Form()) == expected


@pytest.mark.parametrize(
    ("text", "physical_type", "expected"),
    [
        ("1.234,50", "numeric(12,2)", "1234.50"), ("1,505", "numeric(12,2)", None), ("1.000", "integer", "1000"),
        ("31.12.2025", "date", "2025-12-31"), ("2025-12-31", "date", None), ("31.02.2025", "date", None),
        ("k. A.", "date", None), ("k. A.", "text", None), ("KA", "text", "KA"),
    ],
)  # fmt: skip
def test_as_its_sender_writes(db, text, physical_type, expected):
    assert value(db, text, physical_type, GERMAN) == expected


def test_sure_is_silent_where_the_sender_has_a_way_of_its_own():
    assert sure("integer", Form()) and not sure("integer", GERMAN)
    assert sure("date", Form()) and not sure("date", GERMAN)
    assert sure("uuid", GERMAN) and not sure("text", Form())
    assert not sure("numeric(2,2)", Form()), "no digit before the point"
