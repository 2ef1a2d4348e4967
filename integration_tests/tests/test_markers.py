"""A mark in every personal column of every row that is delivered, through the whole flow and what goes wrong in it: a
partner finds none in what it is sent and in all that it may read, and neither does who reads logs and pages."""

import html
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest

from c360.database import parameters
from c360.share.role import role_of
from governance.tests.workplace import NOW
from integration_tests.tests.test_leaks import everything_said

PARTNERS = ("harbour_media", "southern_insight")
CLOCK = ("--as-of", NOW)
PEOPLE, BORN = 60, date(1985, 3, 2)
MARK = "Zqx"


def mark(number, column):
    return f"{MARK}{number:03}{column[:4]}"


def person(make, number, **changes):
    """All of one age band; no two have a value in common."""
    unique = {name: mark(number, name) for name in ("username", "name", "gender")} | {
        "id": f"0e9a7c1d-5b3f-4a68-9d2e-{number:012x}",
        "address": f"{mark(number, 'address')} Street\nSydney, NSW, 2000",
        "mail": f"{mark(number, 'mail')}@example.com",
        "birthdate": str(BORN + timedelta(days=number)),
    }
    return make.contact(number, **unique | changes)


def sales(make, people):
    for number, buyer in enumerate(people):
        for category, cents in (("Books", 1_007), ("Beauty", 20_011 + number % 3 * 25_000)):
            at = f"2026-02-28 10:{number % 60:02}:17.{100 + number}"
            yield make.transaction(
                len(people) * (category == "Books") + number, 0, category=category, transaction_date=at,
                contact_id=buyer["id"], amount=f"{(cents + number * 7) / 100:.2f}",
            ) | {"id": f"5d6f1b2e-8c4a-4f70-b1e3-{number:010x}{cents % 97:02x}"}  # fmt: skip


def traces(people, bought):
    """What may stand nowhere: marks, ids in either spelling, days of birth, the moments of purchases."""
    found = {MARK.lower()} | {row["birthdate"] for row in people} | {row["transaction_date"] for row in bought}
    for row in (*people, *bought):
        found |= {row["id"], row["id"].replace("-", "")}
    return {one.lower() for one in found}


def found_in(texts, wanted):
    return {place: [one for one in wanted if one in text.lower()][:3] for place, text in texts.items()}


def of_bundles(site):
    """What a partner is sent, as it reads it: Parquet decoded, pages without escapes, names of files."""
    from pyarrow import parquet

    for file in (site / "partners").rglob("*"):
        if file.is_file():
            text = file.name + html.unescape(file.read_bytes().decode(errors="replace"))
            if file.suffix == ".parquet":
                text += f"{parquet.read_table(file).to_pylist()} {parquet.read_metadata(file)}"
            yield str(file), text


def readable(settings, partner):
    """By relation all that a partner's role can select, the system's own tables among it, as text."""
    login = parameters(settings) | {"user": role_of(partner)}
    login.pop("options", None)
    with closing(psycopg.connect(**login)) as database, database.cursor() as cursor:
        database.autocommit = True
        cursor.execute(
            "select c.oid::regclass::text, string_agg(quote_ident(a.attname), ', ') from pg_class as c "
            "join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "
            "where c.relkind in ('r', 'v', 'm', 'p', 'f') and has_schema_privilege(c.relnamespace, 'usage') "
            "and has_column_privilege(c.oid, a.attnum, 'select') group by c.oid"
        )
        for relation, columns in cursor.fetchall():
            try:
                cursor.execute(f"select {columns} from {relation}")
            except psycopg.errors.InsufficientPrivilege:  # of what a view of the server's calls
                continue
            yield relation, str(cursor.fetchall())


class EmptyCatalogue(BaseHTTPRequestHandler):
    """An OpenMetadata in which there is nothing."""

    def do_GET(self):
        version = self.path.endswith("system/version")
        listed = "?" in self.path and "/name/" not in self.path
        body = {"version": "2.0.6"} if version else {"data": [], "paging": {"total": 0}} if listed else {}
        self.send_response(200 if version or listed else 404)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *arguments):
        pass


@contextmanager
def catalogue():
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyCatalogue) as server, ThreadPoolExecutor(1) as pool:
        pool.submit(server.serve_forever)
        try:
            yield {"C360_OPENMETADATA_URL": f"http://127.0.0.1:{server.server_port}", "C360_OPENMETADATA_TOKEN": "t"}
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def marked(shared_workplace, make):
    """Delivered, bad and good; built, verified, published to everybody. The place, what was said, the marks."""
    place = shared_workplace
    place.reset()
    people = [person(make, number) for number in range(PEOPLE)]
    bad = [
        person(make, 901, birthdate=mark(901, "birthdate")),
        person(make, 902, mail=mark(902, "mail")),
        person(make, 903),
        person(make, 903, name=mark(904, "name")),
        person(make, 905, id=mark(905, "id")),
    ]
    bought = list(sales(make, people))
    stray = bought[0] | {"id": "6b7e2d90-1111-4222-8333-0123456789ab", "contact_id": bad[0]["id"]}
    moved = people[0] | {"gender": mark(906, "gender"), "_loaded_at_utc": "2026-03-01 11:00:00"}
    files = [place.write("contacts.csv", [*people, *bad]), place.write("moved.csv", [moved])]
    answers = [place.ingest("contacts", file) for file in files]
    sold = [place.write("stray.csv", [stray, *bought[:9]]), place.write("sold.csv", bought[9:])]
    answers += [place.ingest("transactions", file) for file in sold]
    commands = [
        ["build", "--resource-type", "model", *CLOCK], ["verify", *CLOCK],
        *(["publish", partner, *CLOCK] for partner in PARTNERS),
        ["keys", "rotate", PARTNERS[0]], ["publish", PARTNERS[0], *CLOCK],
    ]  # fmt: skip
    answers += [place.c360(*command) for command in commands]
    assert [answer.code for answer in answers] == [0] * len(answers), [a.err for a in answers]
    return place, answers, traces([*people, *bad], [*bought, stray])


def test_a_partner_finds_no_mark(marked):
    place, _, wanted = marked
    sent = dict(of_bundles(place.settings.site))
    assert any(mark_of in str(place.sql("select * from raw.contacts")).lower() for mark_of in wanted)
    rows = [text.count("id_pseudonym'") for name, text in sent.items() if name.endswith("customers.parquet")]
    assert len(rows) == 2 and min(rows) > 50, "decoded"
    assert {name: marks for name, marks in found_in(sent, wanted).items() if marks} == {}
    for partner in PARTNERS:
        seen = dict(readable(place.settings, partner))
        assert seen[f"analytics_share_{partner}.customers"].count("(") > 50 and len(seen) > 80
        assert {name: marks for name, marks in found_in(seen, wanted).items() if marks} == {}
    place.sql(f"comment on schema analytics_share_harbour_media is '{mark(1, 'name')}'")
    seen = found_in(dict(readable(place.settings, PARTNERS[0])), wanted)
    assert [name for name, marks in seen.items() if marks] == ["pg_description"], "one would be found"
    place.sql("comment on schema analytics_share_harbour_media is null")


def test_nor_does_who_reads_what_was_said_done_and_refused(marked):
    """After the flow, what tells of it; then a publication that dbt cannot finish, others that may not be, errors."""
    place, answers, wanted = marked
    bundle = place.settings.site / "partners" / PARTNERS[0] / "customers"
    said = list(answers)

    def run(code, *command, **env):
        said.append(place.c360(*command, **env))
        assert said[-1].code == code, (command, said[-1])

    for command in (
        ("publish",), ("report", *CLOCK), ("status", "--all", "--json", *CLOCK), ("coverage",), ("lint",),
        ("forget", "--list"),
        ("quarantine", "list"), ("access", "--check"), ("keys", "list"), ("publish", "--check", bundle),
        ("privacy", "check", bundle / "customers.csv", "--quasi", "age", "--person", "id_pseudonym"),
        ("privacy", "check", place.folder / "contacts.csv", "--quasi", "name,mail", "--sensitive", "birthdate"),
    ):  # fmt: skip
        run(0, *command)
    with catalogue() as env:
        run(0, "catalog", "push", "--dry-run", **env)
        run(0, "catalog", "push", "--dry-run", "--json", **env)
    assert said[-1].json["results"] > 300
    person_id, name = place.sql("select id::text, name from raw.contacts order by id limit 1")[0]
    for code, *command in (
        (1, "keys", "retire", PARTNERS[0], "9"), (2, "keys", "create", "nobody"), (2, "publish", "nobody"),
        (2, "forget", name), (2, "forget", person_id, "--of", "nothing"),
        (0, "forget", person_id, "--dry-run"), (0, "forget", person_id, "--yes", "--by", "ada"),
    ):  # fmt: skip
        run(code, *command)
    # The product as a view in which a name becomes an age only when dbt reads it: Postgres quotes what it cannot cast.
    place.sql("alter table analytics.customers_v2 rename to kept")
    place.sql(
        "do $$ begin execute (select 'create view analytics.customers_v2 as select ' || string_agg(case "
        "when attname = 'age' then '(select max(name) from raw.contacts)::integer as age' else quote_ident(attname) "
        "end, ', ' order by attnum) || ' from analytics.kept' from pg_attribute "
        "where attrelid = 'analytics.kept'::regclass and attnum > 0 and not attisdropped); end $$"
    )
    place.sql("grant select on analytics.customers_v2 to c360_transformer")
    run(2, "publish", PARTNERS[0], *CLOCK)
    assert "dbt could not make the share" in said[-1].err
    assert "invalid input syntax" in (place.settings.home / "dbt" / "logs" / "dbt.log").read_text()
    place.sql("update raw.contacts set mail = name")
    run(1, "verify", *CLOCK)
    run(1, "publish", PARTNERS[0], *CLOCK)
    texts = everything_said(place, said)
    private = [table for table in texts if table.startswith("analytics_sharing.")]
    assert len(private) == 2 and all(found_in({table: texts[table] for table in private}, wanted).values())
    told = found_in({where: text for where, text in texts.items() if where not in private}, wanted)
    assert {where: marks for where, marks in told.items() if marks} == {}
    log = Path(parameters(place.settings)["host"], "log")
    assert found_in({"log": log.read_text(errors="replace")}, wanted) == {"log": []}, "the server's"
