"""Names, literals, types and casts: text of a contract stays data in both dialects."""

import ipaddress
import random
from contextlib import closing, suppress

import psycopg
import pytest
import sqlglot
from sqlglot import exp

from c360.clause.allowed import is_function
from c360.clause.dialect import DATABRICKS, POSTGRES, canonical_type, same_type, spark_type
from c360.clause.formats import TEXTS
from c360.clause.predicates import read_format
from c360.contract.names import _SYSTEM_COLUMNS
from c360.database import connect
from c360.engine.postgres.casts import cast
from c360.errors import Breach
from governance.tests.clause.values import VALUES, cases

EVIL = [
    "it's",
    '"',
    "\\",
    "\\'",
    "'; --",
    "${NOW}",
    "{{ x }}",
    "{% x %}",
    "{# x #}",
    "$${{{",
    "%s",
    "\n\t",
    "ünï✓",
    "",
    " ",
]


@pytest.fixture(scope="module")
def ask(database):
    connection = connect(database)

    def ask(statement, *arguments):
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(statement, arguments or None)
            return cursor.fetchone()[0]

    yield ask
    connection.close()


@pytest.mark.parametrize("text", EVIL)
def test_literals_read_back_and_start_no_template(ask, text):
    literal = POSTGRES.literal(text)
    assert ask(f"select {literal}") == text
    for dialect in (POSTGRES, DATABRICKS):
        assert not any(opener in dialect.literal(text) for opener in ("${", "{{", "{%", "{#"))


@pytest.mark.parametrize(("value", "text"), [(None, "null"), (True, "true"), (0, "0"), (1.5, "1.5"), ("1", "'1'")])
def test_other_literals(value, text):
    assert POSTGRES.literal(value) == text


def test_spark_escapes_with_backslashes():
    assert DATABRICKS.literal("a'b\\c") == "'a\\'b\\\\c'"


@pytest.mark.parametrize("name", ["plain", "Mixed", "select", "a b", 'a"b', "a.b", "ünï", "1st", "a;--", "a%b"])
def test_quoted_names_read_back(ask, name):
    assert ask(f"select to_jsonb(t) from (select 1 as {POSTGRES.quote(name)}) as t") == {name: 1}


def test_names_that_templates_would_run_are_refused():
    assert POSTGRES.quote("plain") == "plain" and DATABRICKS.quote("a`b") == "`a``b`"
    for name in ("${x}", "{{x}}", "{%x%}", "{#x#}", "", "a\0b"):
        with pytest.raises(Breach):
            POSTGRES.quote(name)


TYPES = {
    "TEXT": ("text", "string"), "string": ("text", "string"), "varchar(10)": ("character varying(10)", "string"),
    "numeric(12,2)": ("numeric(12,2)", "decimal(12,2)"), "DECIMAL( 5 )": ("numeric(5,0)", "decimal(5,0)"),
    "int": ("integer", "int"), "timestamp": ("timestamp without time zone", "timestamp"),
    "timestamp(3) with time zone": ("timestamp(3) with time zone", "timestamp"),
    "double": ("double precision", "double"), "uuid": ("uuid", "string"), "bool": ("boolean", "boolean"),
    "char varying": ("character varying", "string"), "char varying(7)": ("character varying(7)", "string"),
    "time(3)": ("time(3) without time zone", "string"),
}  # fmt: skip


@pytest.mark.parametrize("written", TYPES)
def test_types(ask, written):
    postgres, spark = TYPES[written]
    assert (canonical_type(written), spark_type(written)) == (postgres, spark)
    assert ask("select format_type(to_regtype(%s), to_regtypemod(%s))", postgres, postgres) == postgres


@pytest.mark.parametrize(
    ("promised", "actual", "same"),
    [
        ("numeric", "numeric(12,2)", True), ("decimal", "numeric", True), ("numeric(12,2)", "numeric", False),
        ("numeric(12,2)", "numeric(12,3)", False), ("numeric(5)", "numeric(5,0)", True),
        ("varchar", "character varying(10)", True), ("char varying", "character varying(3)", True),
        ("varchar(10)", "character varying(10)", True), ("varchar(10)", "character varying", False),
        ("varchar", "text", False), ("text", "character varying", False), ("varchar", "character(3)", False),
        ("char", "character(1)", True), ("char", "character(3)", False), ("character(3)", "character(3)", True),
        ("timestamp", "timestamp(3) without time zone", True), ("timestamp", "timestamp(3) with time zone", False),
        ("timestamptz", "timestamp(0) with time zone", True), ("timestamp(3)", "timestamp without time zone", False),
        ("time", "time(3) without time zone", True), ("integer", "bigint", False), ("integer", "integer[]", False),
    ],
)  # fmt: skip
def test_a_type_without_a_size_promises_none(promised, actual, same):
    assert same_type(promised, actual) is same


@pytest.mark.parametrize(
    "written", ["money2", "text; drop table x", "numeric(0,0)", "varchar(a)", "", "numeric(1,2,3)"]
)
def test_unknown_types_never_get_into_sql(written):
    with pytest.raises(Breach, match="physical type"):
        canonical_type(written)


@pytest.mark.parametrize(("kind", "text", "casts"), [*cases(VALUES)])
def test_casts_lose_nothing(ask, kind, text, casts):
    sql = cast("v", kind)
    assert ask(f"select ({sql}) is not null from (select %s::text as v offset 0) as t", text) is casts
    if casts:
        value = f"(v::{canonical_type(kind)})::text"
        assert ask(f"select ({sql})::text = {value} from (select %s::text as v offset 0) as t", text) is True


@pytest.mark.parametrize(
    ("form", "shape", "iso"),
    [
        ("yyyy-MM-dd HH:mm:ss.SSS", "0000-00-00 00:00:00.000", "d"),
        ("yyyy-MM-dd'T'HH:mm:ss'Z'", "0000-00-00T00:00:00Z", "d"),
        ("dd.MM.yyyy", "00.00.0000", "substr(d, 7, 4) || '-' || substr(d, 4, 2) || '-' || substr(d, 1, 2)"),
    ],
)
def test_formats(form, shape, iso):
    assert read_format(form, "d")[:2] == (shape, iso)


@pytest.mark.parametrize("form", ["yyyy", "yy-MM-dd", "EEEE", "HH:mm", "yyyy-MM-dd hh a"])
def test_formats_that_are_none(form):
    with pytest.raises(Breach, match="format"):
        read_format(form, "d")


FORMATS = {
    "ipv4": (ipaddress.IPv4Address, "0123456789.", ["1.2.3.4", "255.255.255.255", "1.2.3.256", "1.2.3.04", "1.2.3"]),
    "ipv6": (
        ipaddress.IPv6Address,
        "0:1af.",
        ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4",
         "::1.2.3.4", "1::2::3", "1:2:3:4:5:6:7", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8::"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_formats_are_those_of_pythons_own_library(ask, form):
    reads, alphabet, known = FORMATS[form]
    chance = random.Random(form)
    texts = known + ["".join(chance.choices(alphabet, k=chance.randrange(1, 20))) for _ in range(3_000)]
    for text in known:  # and close misses
        texts += [text[:n] + chance.choice(alphabet) + text[n + 1 :] for n in range(len(text))]
    pattern = POSTGRES.literal(POSTGRES.pattern(f"^({TEXTS[form]})$"))
    found = ask(
        f"select array(select t ~ {pattern} from unnest(%s::text[]) with ordinality as x (t, n) order by n)", texts
    )

    def expected(text):
        try:
            reads(text)
        except ValueError:
            return False
        return True

    assert {text for text, same in zip(texts, found, strict=True) if same} == {t for t in texts if expected(t)}


def test_no_word_that_the_database_reserves_is_written_bare(database):
    with closing(connect(database, role=None)) as connection:
        cursor = connection.cursor()
        cursor.execute("select word from pg_get_keywords() where catcode in ('R', 'T')")
        reserved = [word for (word,) in cursor.fetchall()]
        assert len(reserved) > 90 and [word for word in reserved if POSTGRES.quote(word) == word] == []
        cursor.execute("select attname from pg_attribute where attrelid = 'pg_class'::regclass and attnum < 0")
        assert {name for (name,) in cursor.fetchall()} == set(_SYSTEM_COLUMNS)
        values = []
        for word in reserved:
            with suppress(psycopg.Error):
                cursor.execute(f"select ({word})")
                values.append(word)
    assert {"current_user", "localtime"} <= set(values)
    for word in values:  # what is no column to the database is none to the guard
        read = sqlglot.parse_one(f"select {word}", read="postgres").expressions[0]
        assert not isinstance(read, exp.Column) or is_function(read), word


@pytest.mark.parametrize(
    "written", ["varchar(0)", "varchar(99999999999)", "numeric(2000,5)", "numeric(3,5)", "bit(0)", "char(10485761)"]
)
def test_a_size_that_no_column_has_is_no_type(written: str) -> None:
    with pytest.raises(Breach, match="No column has the size"):
        canonical_type(written)


def test_what_has_more_digits_of_a_second_than_postgres_keeps_has_six() -> None:
    assert canonical_type("timestamp(9)") == "timestamp(6) without time zone"
