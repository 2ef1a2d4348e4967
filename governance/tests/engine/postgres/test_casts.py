"""Casts lose nothing: what would be changed by one has no value in its type."""

import re
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c360.clause.dialect import POSTGRES, canonical_type
from c360.clause.kinds import FORMAT
from c360.clause.predicates import violation
from c360.database import connect
from c360.delivery.form import Form
from c360.engine.postgres.casts import cast
from c360.engine.sure import sure
from c360.engine.written import plain
from c360.model import Clause, Column, Dataset
from governance.tests.clause.values import VALUES

GERMAN = Form(decimal=",", thousands=".", date_format="dd.MM.yyyy", null_values=("k. A.",))


@pytest.fixture(scope="module")
def db(database):
    connection = connect(database)
    yield connection
    connection.close()


def value(db, text: str, physical_type: str, form: Form) -> str | None:
    """The text of the value that the gate would promote; None when it has none."""
    given = f"unnest(array[{POSTGRES.literal(text)}])"  # a function's, since what is constant is cast before all else
    read = f"select {plain('t', physical_type, form, POSTGRES)} as r from {given} as given (t) offset 0"
    with db.transaction(), db.cursor() as cursor:
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
        ("1e23", "double precision", "9.999999999999999e+22"), ("9e9", "real", "8.999999e+09"),
        ("0.10000000000000009", "double precision", "0.10000000000000009"), ("123456789.1", "real", None),
        ("0.10000000000000001", "double precision", None), ("1.23456789e-320", "double precision", None),
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
        ("1,99", "money", "$1.99"), ("1.99", "money", None), ("1.234,56", "money", "$1,234.56"),
        ("k. A.", "date", None), ("k. A.", "text", None), ("KA", "text", "KA"),
    ],
)  # fmt: skip
def test_as_its_sender_writes(db, text, physical_type, expected):
    assert value(db, text, physical_type, GERMAN) == expected


MARKS = [
    (",", "."),
    (".", ","),
    (",", " "),
    (".", " "),
    (",", "\u00a0"),
    (",", "\u202f"),
    (".", "\u2019"),
    (",", "'"),
    (".", "'"),
    (",", "_"),
    (".", "_"),
    ("'", "."),
    ("_", " "),
]
GROUPED = {
    "1T234": "1234", "-12T345D5": "-12345.5", "+1T234T567D25": "1234567.25", "123T456": "123456", "1234D5": "1234.5",
    "1234567": "1234567", "D5": "0.5", "1T234D": "1234", "0D5": "0.5", "15e3": "15000", "1D5e3": "1500", "-1": "-1",
}  # fmt: skip
ASKEW = [
    "1T23", "12T34D5", "1TT5", "1234T567", "1T2345", "T", "TT", "-T", "T123", "123T", "1T234T", "1T23T456", "0T123",
    "00T123", "1D234T567", "1D5T", "D1T234", "1T5e3", "1T234e3", "1e1T000", "1eT3", "1T234D5e1", "1T 234", "1T+234",
    "-T1", "1T234D5D6", "1D234D567", "1T234T", " 1T234", "1T234 ", "1T23a",
]  # fmt: skip


@pytest.mark.parametrize(("decimal", "thousands"), MARKS)
def test_groups_are_of_three_digits_of_the_integer_part(db, decimal, thousands):
    form = Form(decimal=decimal, thousands=thousands)

    def written(text):
        return text.replace("D", decimal).replace("T", thousands)

    for text, expected in GROUPED.items():
        for kind in ("numeric", "double precision"):
            assert float(value(db, written(text), kind, form)) == float(expected), (text, kind)
        whole = expected if re.fullmatch("-?[0-9]+", text.replace("T", "")) else None
        assert value(db, written(text), "integer", form) == whole, text
    for text in ASKEW:
        for kind in ("numeric", "numeric(12,2)", "real", "double precision", "bigint", "integer", "smallint"):
            assert value(db, written(text), kind, form) is None, (text, kind)
    for other in {".", ",", "'", "_", " ", "\u00a0"} - {decimal, thousands}:
        assert value(db, f"1{other}234", "numeric", form) is None, other


@settings(deadline=None)
@given(text=st.text("0123456789.,'_ +-eE", max_size=9), marks=st.sampled_from([(",", ""), *MARKS]))
def test_a_number_is_what_its_sender_wrote_or_none(db, text, marks):
    decimal, thousands = marks
    groups = rf"[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+" if thousands else r"\d+"
    read = re.fullmatch(rf"([+-]?)({groups}|\d*)(?:{re.escape(decimal)}(\d*))?([eE][+-]?\d{{1,3}})?", text, re.ASCII)
    expected = None
    if read and (read[2] or read[3]) and not (thousands and thousands in read[2] and read[4]):
        whole = read[2].replace(thousands, "") if thousands else read[2]
        expected = Decimal(f"{read[1]}{whole or 0}.{read[3] or 0}{read[4] or ''}")
    found = value(db, text, "numeric", Form(decimal=decimal, thousands=thousands))
    assert (found and Decimal(found)) == expected


@pytest.mark.parametrize(
    ("text", "physical_type", "form", "expected"),
    [
        ("9.99", "numeric", Form(decimal=",", null_values=("9,99",)), None),
        ("9,99", "numeric", Form(decimal=",", null_values=("9.99",)), "9.99"),
        ("1.000", "integer", Form(decimal=",", thousands=".", null_values=("1000",)), "1000"),
        ("1000", "integer", Form(decimal=",", thousands=".", null_values=("1000",)), None),
        ("NAN", "text", Form(null_values=("NA",)), "NAN"),
        ("na", "text", Form(null_values=("NA",)), "na"),
        ("", "text", Form(null_values=("NA",)), ""),
        ("", "text", Form(null_values=("",)), None),
        ("01.02.2026 10:11:12.123", "timestamp", Form(timestamp_format="dd.MM.yyyy HH:mm:ss.SSS"),
         "2026-02-01 10:11:12.123"),
        ("2026-01-02", "date", Form(date_format="yyyy-dd-MM"), "2026-02-01"),
        ("2026-01-02 10:11", "timestamp", Form(timestamp_format="yyyy-dd-MM HH:mm"), "2026-02-01 10:11:00"),
        ("2026-01-02 11", "timestamp", Form(timestamp_format="yyyy-MM-dd HH"), "2026-01-02 11:00:00"),
        ("02.01.2026 24", "timestamp", Form(timestamp_format="dd.MM.yyyy HH"), None),
        ("2026-01-02 10:11:12.123456789", "timestamp", Form(timestamp_format="yyyy-MM-dd HH:mm:ss.SSSSSSSSS"), None),
        ("2026-01-02 10:11:12.123456000", "timestamp", Form(timestamp_format="yyyy-MM-dd HH:mm:ss.SSSSSSSSS"),
         "2026-01-02 10:11:12.123456"),
        ("02/01/2026 10:11:12.1234", "timestamp(3)", Form(timestamp_format="dd/MM/yyyy HH:mm:ss.SSSS"), None),
        ("02/01/2026 10:11:12.1230", "timestamptz(3)", Form(timestamp_format="dd/MM/yyyy HH:mm:ss.SSSS"),
         "2026-01-02 10:11:12.123+00"),
        ("02/01/2026 00:00:00.000000001", "date", Form(date_format="dd/MM/yyyy HH:mm:ss.SSSSSSSSS"), None),
        ("02/01/2026 00:00:00.000000000", "date", Form(date_format="dd/MM/yyyy HH:mm:ss.SSSSSSSSS"), "2026-01-02"),
        ("02/01/2026 10:00", "date", Form(date_format="dd/MM/yyyy HH:mm"), None),
        ("02/01/0000", "date", Form(date_format="dd/MM/yyyy"), None),
    ],
)  # fmt: skip
def test_a_form_changes_and_drops_nothing(db, text, physical_type, form, expected):
    assert value(db, text, physical_type, form) == expected


def test_sure_is_silent_where_the_sender_has_a_way_of_its_own():
    assert sure("integer", Form()) and not sure("integer", GERMAN)
    assert sure("date", Form()) and not sure("date", GERMAN)
    assert sure("uuid", GERMAN) and not sure("text", Form())
    assert not sure("numeric(2,2)", Form()), "no digit before the point"
    for kind, null in (("date", "9999-12-31"), ("integer", "-1"), ("numeric(5,2)", "0.00"), ("uuid", f"{0:032x}")):
        assert bool(sure(kind, Form(null_values=("NA", null)))) is (kind == "uuid"), "no uuid is spelled so"


SHAPED = [kind for kind in [*VALUES, "numeric(12,2)"] if sure(kind, Form())]


@settings(deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("kind", SHAPED)
def test_what_is_sure_has_the_value_of_the_plain_cast(db, kind, data):
    shape = st.from_regex(re.compile(sure(kind, Form()), re.ASCII), fullmatch=True)
    texts = data.draw(st.lists(shape, min_size=1, max_size=20))
    with db.transaction(), db.cursor() as cursor:
        cursor.execute(
            f"select t, ({cast('t', kind)})::text, (t::{canonical_type(kind)})::text "
            "from unnest(%s::text[]) as given (t)",
            (texts,),
        )
        for text, careful, at_once in cursor.fetchall():
            assert careful is not None and careful == at_once, text


def test_types_that_have_a_shape():
    assert SHAPED == [
        "smallint", "integer", "bigint", "numeric(5,2)", "uuid", "date", "timestamp", "timestamptz", "numeric(12,2)",
    ]  # fmt: skip


ISO_FORMATS = {
    "yyyy-MM-dd": "2024-02-29", "yyyy-MM-dd HH:mm": "2024-02-29 10:00", "yyyy-MM-dd HH:mm:ss": "2024-02-29 10:00:00",
    "yyyy-MM-dd'T'HH:mm:ss'Z'": "2024-02-29T10:00:00Z", "yyyy-MM-dd HH:mm:ss.S": "2024-02-29 10:00:00.5",
    "yyyy-MM-dd HH:mm:ss.SSS": "2024-02-29 10:00:00.050", "yyyy-MM-dd'T'HH:mm:ss.SSSSSS": "2024-02-29T10:00:00.000001",
    "yyyy-MM-dd HH:mm:ss.SSSSSSSSS": "2024-02-29 10:00:00.000000001",
}  # fmt: skip
NO_TIMES = (
    "infinity", " infinity ", "now", "epoch", "today", "2023-02-29", "2024-02-30 10:00", "10000-01-01 00:00:00.000",
    "0000-01-01",
    "2024-02-29 24:00:00", "2024-02-29 23:59:60", "2024-02-29 10:00:00.050 BC", "2024-02-29 10:00:00+02", "02/29/2024",
    "\u0662\u0660\u0662\u0664-02-29", " 2024-02-29", "2024- 2-29", "20240229", "2024-Feb-29", "2024-060", "-024-02-29",
    "0044-03-15",
)  # fmt: skip


def is_written_so(text: str, form: str) -> bool:
    """By Python: the same shape, and a time that exists."""
    sample = ISO_FORMATS[form]
    if re.sub("[0-9]", "0", text) != re.sub("[0-9]", "0", sample):
        return False
    try:
        datetime.fromisoformat(re.sub(r"([.]\d{6})\d+", r"\1", text))
    except ValueError:
        return False
    return True


@st.composite
def nearly(draw: st.DrawFn) -> tuple[str, str]:
    form = draw(st.sampled_from(sorted(ISO_FORMATS)))
    text = list(draw(st.sampled_from([ISO_FORMATS[form], ISO_FORMATS[form], *NO_TIMES])))
    for _ in range(draw(st.integers(0, 3))):
        text[draw(st.integers(0, len(text) - 1))] = draw(st.sampled_from("0123456789- :.TZ+e"))
    return form, "".join(text)


@settings(max_examples=100)
@given(drawn=st.lists(nearly(), min_size=20, max_size=40))
def test_a_text_is_a_time_of_its_format_or_breaks_it(db, drawn):
    drawn += [(form, text) for form in ISO_FORMATS for text in NO_TIMES]
    for form in ISO_FORMATS:
        texts = [text for one, text in drawn if one == form]
        column = Column("d", "d", "text", "string", False, "public", "")
        dataset = Dataset("t", "t", "raw", "", (column,), (), (), None)
        broken = violation(Clause("t.d.format", "t", "1.0.0", "t", "d", FORMAT, form), dataset, POSTGRES, "now()")
        with db.transaction(), db.cursor() as cursor:
            cursor.execute(f"select d, {broken.replace('%', '%%')} from unnest(%s::text[]) as given (d)", (texts,))
            assert {text: not wrong for text, wrong in cursor} == {text: is_written_so(text, form) for text in texts}
