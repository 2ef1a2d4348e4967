"""No value of a delivery stands anywhere but in raw, quarantine, what was superseded, and columns made for it."""

import gzip

import pytest

SECRET = "Zebedee-4711"


@pytest.fixture
def secretive(workplace, make):
    """A delivery with the secret in every column, header and line that can hold it, some of them accepted."""
    bad = [
        make.contact(1, name=SECRET),
        make.contact(2, name=SECRET, mail=SECRET),
        make.contact(3, username=SECRET, birthdate=SECRET),
        make.contact(4, id=SECRET, address=SECRET),
        make.contact(5, _loaded_at_utc="soon"),  # public: `quarantine show` shows it
        make.contact(6, name=SECRET),
        make.contact(6, name=f"Other {SECRET}"),
    ]
    path = workplace.write("contacts.csv", [*bad, *(make.contact(n) for n in range(100, 140))])
    path.write_text(path.read_text() + f'{SECRET},"{SECRET}\n{SECRET}"x,\n', newline="")
    return path


def everything_said(workplace, answers) -> dict[str, str]:
    """All text that came out, by where: terminals, files below the home, tables that are not the rows' own."""
    said = {f"answer {n}": answer.out + answer.err for n, answer in enumerate(answers)}
    for file in workplace.settings.home.rglob("*"):
        if file.is_file() and not file.is_symlink():
            said[str(file)] = file.read_bytes().decode("utf-8", errors="replace")
    tables = workplace.sql(
        "select format('%I.%I', schemaname, tablename) from pg_tables "
        "where schemaname not in ('pg_catalog', 'information_schema', 'raw', 'analytics') "
        "and format('%I.%I', schemaname, tablename) not in ('governance.superseded', 'quarantine.rows')"
    )
    assert len(tables) > 5
    for (table,) in tables:
        said[table] = str(workplace.sql(f"select coalesce(json_agg(t), '[]')::text from {table} as t"))
    return said


def leaks(workplace, answers) -> list[str]:
    return [place for place, text in everything_said(workplace, answers).items() if SECRET in text]


def test_nothing_of_a_delivery_is_said(workplace, make, secretive):
    clock = ("--as-of", "2026-03-01T12:00:00Z")
    headless = workplace.folder / "headless.csv"
    headless.write_text(f"{SECRET},{SECRET},x\n1,2,3\n")
    answers = [
        workplace.ingest("contacts", secretive),
        workplace.ingest("contacts", headless),
        workplace.c360("quarantine", "list"),
        workplace.c360("quarantine", "show", "contacts", "--json"),
        workplace.c360("quarantine", "replay", "contacts", *clock),
        workplace.c360("verify", *clock),
        workplace.c360("status", *clock),
        workplace.c360("alert", *clock, "--dry-run"),
        workplace.c360("report", *clock),
    ]
    assert answers[0].code == 0, answers[0].err
    assert workplace.sql(
        "select count(*) from quarantine.rows where payload::text like '%%' || %s || '%%'", SECRET
    ) != [(0,)]
    assert leaks(workplace, answers) == []


def test_dbt_does_not_quote_a_value_that_it_cannot_cast(workplace, make):
    """dbt puts Postgres' own error into its log, its artifacts and its answer: and that quotes the value."""
    workplace.ingest("contacts", workplace.write("c.csv", [make.contact(n) for n in range(9)]))
    workplace.ingest("transactions", workplace.write("t.csv", [make.transaction(n, n) for n in range(9)]))
    workplace.sql("drop view superseded.contacts")
    workplace.sql("alter table raw.contacts alter column id type text")
    workplace.sql("update raw.contacts set id = %s, name = %s where id = %s", SECRET, SECRET, make.id(1))
    built = workplace.c360(
        "build", "--select", "+customers", "--exclude", "test_type:data", "--as-of", "2026-03-01T12:00:00Z"
    )
    assert built.code == 2 or built.code == 1, built.out
    log = (workplace.settings.home / "dbt" / "logs" / "dbt.log").read_text()
    assert "invalid input syntax for type uuid: ***" in log, "what went wrong is told all the same"
    assert leaks(workplace, [built]) == []


def kinds_of_bad(workplace, make):
    """Deliveries that nothing can be done with, each with the secret wherever it can stand."""
    rows = [make.contact(n, name=SECRET, mail=f"{SECRET}@example.com", address=f"1 {SECRET}\nSydney") for n in range(9)]
    good = workplace.write("good.csv", rows).read_bytes()

    def put(name, content):
        path = workplace.folder / name
        path.write_bytes(content)
        return path

    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": [SECRET], SECRET: [[SECRET]]}), workplace.folder / "lists.parquet")
    parquet = (workplace.folder / "lists.parquet").read_bytes()
    yield put("semicolons.csv", good.replace(b",", b";"))
    yield put("latin.csv", good.replace(b"Sydney", "Sýdney".encode("latin-1")))
    yield put("wide.csv", good.decode().encode("utf-16"))
    yield put("headless.csv", good.split(b"\n", 1)[1])
    yield put("renamed.csv", good.replace(b"username", SECRET.encode(), 1))
    yield put("open.csv", good.replace(b'"1 ', b'1 "'))
    yield put("cut.csv.gz", gzip.compress(good)[:-20])
    yield put("no.csv.gz", b"\x1f\x8b" + good)
    yield put("nothing.csv", b"")
    yield put("header.csv", good.split(b"\n", 1)[0] + b"\n")
    yield put("nul.csv", good.replace(b"Sydney", b"Syd\0ney"))
    yield workplace.write("stale.csv", [row | {"_loaded_at_utc": "2020-01-01 10:00:00"} for row in rows])
    yield workplace.write("untyped.csv", [row | {"birthdate": SECRET, "_loaded_at_utc": SECRET} for row in rows])
    yield workplace.folder / "lists.parquet"
    yield put("cut.parquet", parquet[: len(parquet) // 2])


def test_nothing_of_a_delivery_that_cannot_be_taken_is_said(workplace, make):
    answers = []
    for path in kinds_of_bad(workplace, make):
        answers.append(workplace.ingest("contacts", path))
        assert answers[-1].code in (1, 2), (path.name, answers[-1].out, answers[-1].err)
    assert {answer.code for answer in answers} == {1, 2} and len(answers) == 15
    missing = workplace.folder / "good.csv"
    answers += [
        workplace.ingest("contacts", missing, as_of="2020-01-01T00:00:00Z"),
        workplace.c360("quarantine", "replay", "--as-of", "2026-03-01T12:00:00Z"),
        workplace.c360("quarantine", "discard", "contacts", "--row", "99", "--reason", "no such row"),
        workplace.c360("forget", SECRET),
        workplace.c360("forget", make.id(77)),
        workplace.c360("status", "--all", "--json"),
    ]
    assert leaks(workplace, answers) == []
    assert workplace.sql("select nspname from pg_namespace where nspname like 'landing%'") == []


READER = """
    select format('%I.%I', n.nspname, c.relname), a.attname from pg_attribute as a
    join pg_class as c on c.oid = a.attrelid join pg_namespace as n on n.oid = c.relnamespace
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v', 'm', 'p') and n.nspname !~ '^pg_toast'
    and has_schema_privilege('c360_reader', n.oid, 'usage')
    and has_column_privilege('c360_reader', c.oid, a.attnum, 'select')
"""


def test_the_reader_finds_it_only_where_it_is_for_the_reader(workplace, make):
    """The secret in every personal column that can hold it, built; then what breaks a build and a verify with it."""
    clock = ("--as-of", "2026-03-01T12:00:00Z")
    secret = {name: f"{SECRET} {name}" for name in ("username", "name", "gender", "address")}
    contacts = [make.contact(n) for n in range(2, 9)] + [make.contact(1, **secret, mail=f"{SECRET}@example.com")]
    transactions = [make.transaction(n, 1 + n % 8) for n in range(20)]
    assert workplace.ingest("contacts", workplace.write("c.csv", contacts)).code == 0
    assert workplace.ingest("transactions", workplace.write("t.csv", transactions)).code == 0
    answers = [workplace.c360("build", "--resource-type", "model", *clock), workplace.c360("verify", *clock)]
    assert [answer.code for answer in answers] == [0, 0], answers
    found = set()
    for table, column in workplace.sql(READER):
        name = column.replace('"', '""')
        looked = f"set role c360_reader; select count(*) from {table} as t where t.\"{name}\"::text ilike '%{SECRET}%'"
        if not table.startswith(("pg_catalog.", "information_schema.")) and workplace.sql(looked) != [(0,)]:
            found.add((table, column))
    assert ("analytics.customers_v2", "gender") in found
    assert {column for _, column in found} == {"gender"}, found
    told = workplace.sql(
        f"set role c360_reader; select tablename, attname from pg_stats as s where s::text ilike '%{SECRET}%'"
    )
    assert {column for _, column in told} <= {"gender"}
    workplace.sql("update raw.contacts set birthdate = '1800-01-01', mail = %s where id = %s", SECRET, make.id(1))
    answers += [workplace.c360("build", *clock), workplace.c360("verify", *clock)]
    assert [answer.code for answer in answers[2:]] == [1, 1], answers
    answers += [workplace.c360(*command) for command in (
        ("publish",), ("report", *clock), ("status", "--all", *clock), ("alert", *clock, "--dry-run")
    )]  # fmt: skip
    assert leaks(workplace, answers) == []
