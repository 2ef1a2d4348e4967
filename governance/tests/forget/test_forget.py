"""Forgetting by a stranger's contracts: short ids, mentions, lines of orders, another column; and what it says."""

import io
import sys

import pytest
import yaml

from governance.tests.contract.test_people import KEY, SECRET, column

NOW = "2026-03-01T12:00:00Z"
SERVER = {"server": "local", "type": "postgres", "host": "localhost", "port": 5432, "database": "x", "schema": "raw"}
TABLES = {
    "people": [column("id", **KEY), column("mail", "string", **SECRET),
               column("friend", to="people.id"), column("age", logicalTypeOptions={"minimum": 0})],
    "orders": [column("no", **KEY), column("buyer", to="people.id", required=True), column("seller", to="people.id"),
               column("n", logicalTypeOptions={"minimum": 0})],
    "lines": [column("no", **KEY), column("order_no", to="orders.no", required=True),
              column("n", logicalTypeOptions={"minimum": 0})],
}  # fmt: skip
PEOPLE = [
    {"id": "1", "mail": "ann.one@example.com", "friend": "", "age": "7"},
    {"id": "2", "mail": "bob.two@example.com", "friend": "1", "age": "1"},
    {"id": "3", "mail": "cem.three@example.com", "friend": "", "age": "1"},
]
ORDERS = [
    {"no": "10", "buyer": "1", "seller": "2", "n": "1"},
    {"no": "11", "buyer": "2", "seller": "1", "n": "1"},
    {"no": "12", "buyer": "1", "seller": "", "n": "-1"},
    {"no": "13", "buyer": "3", "seller": "1", "n": "-1"},
]
LINES = [
    {"no": "100", "order_no": "10", "n": "1"},
    {"no": "101", "order_no": "11", "n": "1"},
    {"no": "102", "order_no": "10", "n": "-1"},
    {"no": "1", "order_no": "11", "n": "7"},
]


@pytest.fixture
def shop(workplace):
    for name, properties in TABLES.items():
        path = workplace.folder / "contracts" / "sources" / name / "1.0.0.odcs.yaml"
        path.parent.mkdir(parents=True)
        half = [{"property": "maxQuarantineRatio", "value": 0.9}]
        contract = {
            "apiVersion": "v3.2.0", "kind": "DataContract", "id": name, "name": name, "version": "1.0.0",
            "status": "active", "servers": [SERVER],
            "schema": [{"name": name, "properties": properties, "customProperties": half}],
        }  # fmt: skip
        path.write_text(yaml.safe_dump(contract))

    def take(name, rows, again=0):
        path = workplace.write(f"{name}.csv", rows)
        path.write_text(path.read_text() + "\n" * again)
        taken = workplace.ingest(name, path, contracts=workplace.folder / "contracts")
        assert taken.code == 0, (taken.out, taken.err)
        return taken.only

    workplace.sql("drop schema if exists raw cascade")
    take("people", PEOPLE), take("orders", ORDERS), take("lines", LINES)
    return (
        workplace,
        take,
        lambda *arguments, **more: workplace.c360(
            "forget", *arguments, "--contracts", workplace.folder / "contracts", **more
        ),
    )


def rows(workplace, table, columns="*"):
    return workplace.sql(f"select {columns} from {table} order by 1")


def test_their_orders_go_with_the_lines_of_these_and_mentions_are_emptied(shop):
    workplace, _, forget = shop
    done = forget("1", "--json")
    assert done.code == 0, done.err
    assert rows(workplace, "raw.people", "id, friend") == [(2, None), (3, None)]
    assert rows(workplace, "raw.orders", "no, buyer, seller") == [(11, 2, None)]
    assert rows(workplace, "raw.lines", "no, order_no, n") == [(1, 11, 7), (101, 11, 1)], "7 and 1 are no ids here"
    assert rows(workplace, "quarantine.rows", "dataset, payload") == [
        ("orders", {"no": "13", "buyer": "3", "seller": None, "n": "-1"})
    ]
    assert done.json["rows"] == {"raw.people": 2, "raw.orders": 2, "raw.lines": 1, "quarantine.rows": 3}
    assert done.json["searched"] is False and done.json["left"] == {}
    assert rows(workplace, "governance.delivery", "dataset, delivered, promoted, quarantined, erased") == [
        ("lines", 4, 3, 0, 1), ("orders", 4, 2, 1, 1), ("people", 3, 3, 0, 0),
    ]  # fmt: skip


def test_who_comes_again_is_kept_out_and_a_mention_of_them_too(shop):
    workplace, take, forget = shop
    assert forget("1").code == 0
    assert take("people", PEOPLE, again=1)["erased"] == 1
    assert rows(workplace, "raw.people", "id, friend") == [(2, None), (3, None)]
    back = take("orders", ORDERS, again=1)
    assert (back["erased"], back["duplicates"], back["quarantined"]) == (2, 1, 1)
    assert rows(workplace, "quarantine.rows", "distinct payload") == [
        ({"no": "13", "buyer": "3", "seller": None, "n": "-1"},)
    ]
    without = take("people", [{"id": "x", "mail": "ann.one@example.com", "friend": "", "age": "7"}, PEOPLE[1]])
    assert (without["erased"], without["quarantined"]) == (1, 0), "known by their address"


def test_a_line_that_is_no_record_and_names_them_loses_its_text(shop):
    workplace, _, forget = shop
    path = workplace.write("odd.csv", PEOPLE[1:])
    path.write_text(path.read_text() + "1,ann,1,2,3\nrest of it,x\n4,dee.four@example.com,,1\n5,x,y\n")
    assert workplace.ingest("people", path, contracts=workplace.folder / "contracts").code == 0
    lines = "select row_number, payload ->> 'c360__record' from quarantine.rows where line is not null order by 1"
    assert [text for _, text in workplace.sql(lines)] == ["1,ann,1,2,3", "rest of it,x", "5,x,y"]
    assert forget("1").code == 0
    assert workplace.sql(lines) == [(3, ""), (4, ""), (6, "5,x,y")]
    path.write_text(path.read_text() + "\n")
    taken = workplace.ingest("people", path, contracts=workplace.folder / "contracts")
    assert (taken.only["quarantined"], taken.only["erased"]) == (3, 0)
    assert sorted(text for _, text in workplace.sql(lines)) == ["", "", "", "", "5,x,y", "5,x,y"]


def test_a_row_that_is_in_quarantine_all_the_same_leaves_it_by_a_replay(shop):
    workplace, _, forget = shop
    workplace.sql("create table public.kept as select * from quarantine.rows where payload ->> 'buyer' = '1'")
    assert forget("1").code == 0
    workplace.sql(
        "insert into quarantine.rows (delivery_id, dataset, row_number, clauses, payload) "
        "select delivery_id, dataset, row_number, clauses, payload from public.kept; "
        "update governance.delivery set quarantined = quarantined + 1, erased = erased - 1 where dataset = 'orders'; "
        "drop table public.kept"
    )
    done = workplace.c360("quarantine", "replay", "orders", "--contracts", workplace.folder / "contracts", "--json")
    assert done.code == 0 and done.json[0]["replayed"] == 1, done.err
    assert rows(workplace, "quarantine.rows", "payload ->> 'no'") == [("13",)]
    assert rows(workplace, "governance.delivery", "dataset, quarantined, erased")[1] == ("orders", 1, 1)


def test_another_column_can_be_whose_id_it_is(shop):
    workplace, _, forget = shop
    assert forget("2", "--of", "orders.buyer").code == 0
    assert rows(workplace, "raw.orders", "no") == [(10,)] and rows(workplace, "raw.people", "id") == [(1,), (2,), (3,)]


def test_made_tables_without_a_contract_are_searched_by_what_only_they_have(shop):
    workplace, _, forget = shop
    workplace.sql(
        "set role c360_transformer; create table analytics.mails as select mail, id from raw.people; "
        "create materialized view analytics.seen as select mail from analytics.mails; "
        "create table analytics.numbers as select 1 as n; reset role"
    )
    done = forget("1", "--json")
    assert done.json["rows"]["analytics.mails"] == 1, done.err
    assert rows(workplace, "analytics.mails", "id") == [(2,), (3,)] and len(rows(workplace, "analytics.seen")) == 2
    assert rows(workplace, "analytics.numbers") == [(1,)]


def test_what_partners_know_them_by_is_found_beside_them(shop):
    workplace, _, forget = shop
    workplace.sql(
        "set role c360_transformer; "
        "create table analytics.pseudonyms as select mail, encode(sha256(mail::bytea), 'hex') as pseudonym "
        "from raw.people; create table analytics.shared as select pseudonym, 1 as age_band from analytics.pseudonyms"
    )
    done = forget("1", "--json")
    assert done.json["rows"]["analytics.pseudonyms"] == done.json["rows"]["analytics.shared"] == 1, done.err
    assert len(rows(workplace, "analytics.shared")) == 2


def test_what_is_left_where_no_contract_looks_is_told(shop):
    workplace, _, forget = shop
    workplace.sql("update raw.orders set n = 5; alter table raw.lines add column note text")
    workplace.sql("update raw.lines set note = 'Ask ANN.ONE@example.com' where no = 101")
    done = forget("1")
    assert done.code == 1 and "raw.lines (1)" in done.err, (done.out, done.err)
    assert rows(workplace, "raw.people", "id") == [(2,), (3,)], "all else is done"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x"], "What was given is no people.id (integer)."),
        (["99"], "Nobody with that people.id is here; nothing was changed."),
        ([], "It does not say who."),
        (["1\n2"], "What was given is not one id."),
        (["1", "--of", "nothing"], "No contract describes a dataset 'nothing'."),
    ],
)
def test_what_it_cannot_do_it_says(shop, arguments, said):
    workplace, _, forget = shop
    answer = forget(*arguments)
    assert answer.code == 2 and said in answer.err and "→" in answer.err
    assert workplace.sql("select count(*) from raw.people") == [(3,)]
    assert workplace.sql("select to_regclass('erasure.log') is null or not exists (select from erasure.log)") == [
        (True,)
    ]


def test_the_id_can_come_by_standard_input(shop, monkeypatch):
    workplace, _, forget = shop
    monkeypatch.setattr(sys, "stdin", io.StringIO(" 3 \n"))
    done = forget("-", "--by", "ada")
    assert done.code == 0, done.err
    assert rows(workplace, "raw.people", "id") == [(1,), (2,)]
    listed = workplace.c360("forget", "--list", "--json").json
    assert [(entry["by"], entry["dataset"], entry["rows"]["raw.people"]) for entry in listed] == [("ada", "people", 1)]


SPELLED = {
    "text": (("Zoë", "text"), ["Zoë", "\u00a0Zoë\u2003", "\ufeffZoë\u200b", "Zoe\u0308"], ["zoë", "Zoe", "Zo ë"]),
    "digits as text": (("12345678901", "text"), ["12345678901", "12345678901\u00a0"], ["012345678901", "+12345678901"]),
    "numeric": (("12345678901", "numeric(20,2)"), ["0012345678901", "+12345678901", "12345678901.0", "1.2345678901e10",
                                                   "\u00a012345678901\u00a0"], ["-12345678901", "12345678901.5"]),
    "integer": (("42", "integer"), ["42", "0042", "+42", "42.0", "42\u202f"], ["420", "x42"]),
    "bigint": (("42", "bigint"), ["42", "0042", "+42", "42.0", "\t42"], ["420", "-42"]),
    "uuid": (("0d2b3c66-6f1c-4f0e-9a38-6f5dd2f5f1a1", "uuid"),
             ["0D2B3C66-6F1C-4F0E-9A38-6F5DD2F5F1A1", "{0d2b3c666f1c4f0e9a386f5dd2f5f1a1}\u00a0"],
             ["0d2b3c66-6f1c-4f0e-9a38-6f5dd2f5f1a2"]),
    "date": (("1985-02-28", "date"), ["1985-02-28", "\u00a01985-02-28"], ["1985-02-27"]),
}  # fmt: skip


@pytest.mark.parametrize("case", SPELLED)
@pytest.mark.parametrize("release", ["now", "1.4"])
def test_what_counts_as_the_same_id(workplace, case, release):
    """docs/privacy.md has this table in words. A tombstone of an earlier release keeps out what it kept out then."""
    from types import SimpleNamespace

    from c360.database import connect
    from c360.ledger import erasure, kept_out
    from c360.ledger.tables import prepare

    (given, kind), same, others = SPELLED[case]
    spelled = kept_out.normal if release == "now" else kept_out._before
    subject = SimpleNamespace(dataset=SimpleNamespace(name="d"), column="c", physical_type=kind)
    database = connect(workplace.settings)
    prepare(database)
    with database.transaction(), database.cursor() as cursor:
        cursor.execute("create temporary table g (given text)")
        cursor.execute("insert into g values (%s)", (given,))
        cursor.execute(f"select {spelled('given', kind)} from g")
        erasure.tombstone(database, "d", "c", cursor.fetchone()[0])
        cursor.execute("truncate g")
        cursor.executemany("insert into g values (%s)", [(text,) for text in [given, *same, *others]])
        cursor.execute(f"select given, {kept_out.theirs(subject, 'given')} from g")
        found = {text for text, theirs in cursor.fetchall() if theirs}
    database.close()
    assert given in found and not found & set(others)
    if release == "now":
        assert found == {given, *same}
