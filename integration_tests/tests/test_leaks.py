"""No value of a delivery stands anywhere but in landing, raw, quarantine and what was superseded."""

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
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'governance' "
        "and tablename <> 'superseded'"
    )
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
