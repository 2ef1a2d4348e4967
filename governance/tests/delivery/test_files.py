"""Bad input: one sentence with what, where and the next command; the right exit code; the database as it was."""

import os

import pytest

GOOD_HEADER = "id,username,name,gender,address,mail,birthdate,_loaded_at_utc"
SECRET = "Zebedee"
"""Stands in the data, so it must stand in no message."""
ZOE, NUL = "Zo\xeb", "a\0b"


@pytest.fixture(scope="module")
def settled(shared_workplace, make):
    """A database that has something to lose."""
    shared_workplace.reset()
    path = shared_workplace.write("contacts.csv", [make.contact(n) for n in range(10)])
    assert shared_workplace.ingest("contacts", path).code == 0
    return shared_workplace


def assert_one_sentence(answer, code, *words):
    assert answer.code == code, (answer.out, answer.err)
    first, second = answer.err.rstrip("\n").split("\n")
    assert first.startswith("Error: ") and first.endswith(".") and second.startswith("  → ")
    assert "Traceback" not in answer.err and "unforeseen" not in answer.err
    assert SECRET not in answer.err + answer.out
    for word in words:
        assert word in answer.err


def assert_untouched(workplace, before, refused=False):
    """All tables as they were, but for the history, which tells of failed runs too; a refusal is on record."""
    after = workplace.counts()
    assert after.pop("governance.history") >= before.pop("governance.history")
    if refused:
        assert after.pop("governance.delivery") == before.pop("governance.delivery") + 1
        assert after.pop("quarantine.evidence") >= before.pop("quarantine.evidence")
    assert after == before


def row(make, **changes):
    return ",".join(f'"{value}"' for value in make.contact(1001, name=SECRET, **changes).values())


COULD_NOT_RUN = {
    "empty": (lambda make: b"", "it is empty"),
    "only a byte order mark": (lambda make: b"\xef\xbb\xbf", "no header"),
    "blank": (lambda make: b"\n\n", "no header"),
    "latin-1 header": (lambda make: "n\xe4me,mail\n".encode("latin-1"), "not UTF-8"),
    "UTF-16": (lambda make: f"{GOOD_HEADER}\n{row(make)}\n".encode("utf-16"), "it looks like UTF-16"),
    "UTF-16 without mark": (lambda make: f"{GOOD_HEADER}\n{row(make)}\n".encode("utf-16-le"), "not text"),
    "header twice": (lambda make: b"id,name,id\n1,2,3\n", "names 'id' twice"),
    "JSON": (lambda make: b'{"id": "Zebedee"}', "it looks like JSON"),
    "one endless line": (lambda make: b"x" * 300_000, "no header"),
    "binary": (lambda make: bytes(range(256)) * 9, "not text"),
}


@pytest.mark.parametrize("case", COULD_NOT_RUN)
def test_files_that_cannot_be_read(settled, make, tmp_path, case):
    contents, why = COULD_NOT_RUN[case]
    before = settled.counts()
    path = tmp_path / "contacts.csv"
    path.write_bytes(contents(make))
    assert_one_sentence(settled.ingest("contacts", path), 2, why, str(path))
    assert_untouched(settled, before)


NO_RECORDS = {
    "latin-1": (lambda make: f"{row(make, username=ZOE)}".encode("latin-1"), "it looks like Windows-1252", 1),
    "NUL bytes": (lambda make: row(make, mail=NUL).encode(), "1 of 1 rows", 1),
    "too few fields": (lambda make: f"{row(make)}\n{SECRET},2".encode(), "1 of 2 rows", 1),
    "too many fields": (lambda make: f"{row(make)},{SECRET}".encode(), "1 of 1 rows", 1),
    "open quote": (lambda make: f'{row(make)}\n"{SECRET}'.encode(), "1 of 2 rows", 1),
    "stray quote": (lambda make: f"{row(make, address=1)[1:]}\n{row(make)}".encode(), "1 of 2 rows", 1),
}


@pytest.mark.parametrize("case", NO_RECORDS)
def test_files_with_too_many_lines_that_are_no_record(settled, make, tmp_path, case):
    contents, why, bad = NO_RECORDS[case]
    before = settled.counts()
    path = tmp_path / "contacts.csv"
    path.write_bytes(f"{GOOD_HEADER}\n".encode() + contents(make) + b"\n")
    answer = settled.ingest("contacts", path)
    assert_one_sentence(answer, 1, why, "contacts.readable", str(path))
    assert answer.only["rows_by_clause"]["contacts.readable"] == bad
    assert settled.sql(
        "select count(*) from quarantine.evidence where delivery_id = %s", answer.only["delivery_id"]
    ) == [(bad,)]
    assert_untouched(settled, before, refused=True)


def test_an_address_of_three_lines_is_no_row_of_another_customer(settled, make):
    """One who may type line ends into a field, in a file with one stray quote, writes no other row."""
    settled.reset()
    people = [make.contact(n) for n in range(20)]
    path = settled.write("contacts.csv", people)
    assert settled.ingest("contacts", path).code == 0
    evil = ",".join(str(value) for value in (people[0] | {"mail": "attacker@evil.example", "address": "x"}).values())
    typed = make.contact(20, name="NAME", address="ADDRESS")
    lines = settled.write("next.csv", [typed, *(make.contact(n) for n in range(21, 60))]).read_text()
    path.write_text(lines.replace("NAME", 'Bo "Six" Poe').replace("ADDRESS", f'"1 Road\n{evil}\nTown"'))
    answer = settled.ingest("contacts", path).only
    assert (answer["outcome"], answer["promoted"], answer["quarantined"]) == ("accepted", 39, 3)
    assert settled.sql("select count(*) from raw.contacts where mail like %s", "attacker%") == [(0,)]


def test_a_file_that_can_be_read_in_two_ways_is_refused(settled, make):
    before = settled.counts()
    path = settled.write("contacts.csv", [make.contact(1)])
    path.write_text(f'{GOOD_HEADER}\n1,"{SECRET},",\n9,evil,1\ntwo"\n')
    assert_one_sentence(
        settled.ingest("contacts", path), 1,
        "line 4 has a quote where none may stand, so that from line 2 on it can be read in two ways",
        "contacts.readable", str(path), "doubled",
    )  # fmt: skip
    assert_untouched(settled, before, refused=True)


BREACHES = {
    "header only": (GOOD_HEADER, "contacts.not_empty (measured 0)"),
    "missing column": (GOOD_HEADER.replace(",mail", ""), "lacks the column 'mail' (contacts.mail.present)"),
    "unexpected column": (
        GOOD_HEADER + ",age",
        "has 1 column that no contract knows (contacts.unexpectedColumns)",
    ),
    "another case": (GOOD_HEADER.replace("mail", "Mail"), "lacks the column 'mail'"),
    "all in another case": (GOOD_HEADER.upper(), "--ignore-case"),
    "semicolons": (GOOD_HEADER.replace(",", ";"), "it looks like `;`-separated"),
    "tabs": (GOOD_HEADER.replace(",", "\t"), "it looks like tab-separated"),
}


@pytest.mark.parametrize("case", BREACHES)
def test_deliveries_that_break_the_contract(settled, tmp_path, case):
    header, why = BREACHES[case]
    before = settled.counts()
    path = tmp_path / "contacts.csv"
    path.write_text(header + "\n")
    assert_one_sentence(settled.ingest("contacts", path), 1, why, str(path), "c360 ")
    assert_untouched(settled, before, refused=True)


def test_missing_file_directory_and_no_rights(settled, tmp_path):
    before = settled.counts()
    assert_one_sentence(settled.ingest("contacts", tmp_path / "absent.csv"), 2, "There is no file")
    assert_one_sentence(settled.ingest("contacts", tmp_path), 2, "There is no file")
    locked = tmp_path / "locked.csv"
    locked.write_text(GOOD_HEADER)
    locked.chmod(0)
    if not os.access(locked, os.R_OK):  # root reads everything
        assert_one_sentence(settled.ingest("contacts", locked), 2, "Permission denied")
    assert_untouched(settled, before)


def test_what_was_taken_before_a_bad_file_is_told(settled, make, tmp_path):
    good = settled.write("more.csv", [make.contact(500)])
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"")
    answer = settled.ingest("contacts", good, bad)
    assert answer.code == 2 and "bad.csv" in answer.err
    assert answer.only["file"] == str(good) and answer.only["outcome"] == "accepted"


def parquet(kind, path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = GOOD_HEADER.split(",")
    columns = {name: pa.array([SECRET] * 2000) for name in names}
    if kind == "list":
        columns["name"] = pa.array([[SECRET]] * 2000)
    elif kind == "struct":
        columns["name"] = pa.array([{"first": SECRET}] * 2000)
    elif kind == "bytes":
        columns["name"] = pa.array([SECRET.encode()] * 2000)
    elif kind == "fixed bytes":
        columns["name"] = pa.array([SECRET.encode()] * 2000, pa.binary(len(SECRET)))
    elif kind == "large bytes":
        columns["name"] = pa.array([SECRET.encode()] * 2000, pa.large_binary())
    elif kind == "duration":
        columns["name"] = pa.array([1] * 2000, pa.duration("s"))
    pq.write_table(pa.table(columns), path, compression="none", use_dictionary=False)
    whole = path.read_bytes()
    if kind == "garbage":
        path.write_bytes(bytes(range(256)) * 50)
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "cut short":
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "damaged footer":
        path.write_bytes(whole[:-200] + b"\xff" * 150 + whole[-50:])
    elif kind == "damaged pages":
        path.write_bytes(whole[:4] + b"\xff" * 5_000 + whole[5_004:])


NO_TEXT = ("list", "struct", "bytes", "fixed bytes", "large bytes", "duration")
DAMAGED = ("garbage", "empty", "cut short", "damaged footer", "damaged pages")
WHY = {
    "cut short": "cut short: no footer ends it, at byte",
    "damaged footer": "is damaged",
    "damaged pages": "its row group 1 is damaged in the column 'id', which begins at byte 4",
}


@pytest.mark.parametrize("kind", [*NO_TEXT, *DAMAGED])
def test_parquet_that_is_none_of_ours(settled, tmp_path, kind):
    path = tmp_path / "contacts.parquet"
    parquet(kind, path)
    before = settled.counts()
    words = ["'name'", "and that of the contract text"] if kind in NO_TEXT else [WHY.get(kind, "")]
    answer = settled.ingest("contacts", path)
    assert_one_sentence(answer, 2, "Cannot read", str(path), *words)
    assert "encoding" not in answer.err and "Windows" not in answer.err
    assert_untouched(settled, before)


def test_unknown_dataset_product_and_clock(settled, tmp_path):
    before = settled.counts()
    path = tmp_path / "contacts.csv"
    path.write_text(GOOD_HEADER + "\n")
    assert_one_sentence(settled.ingest("contact", path), 2, "'contact'", "contacts, customers, ")
    assert_one_sentence(settled.ingest("customers", path), 2, "customers is a product", "c360 build")
    for clock in ("yesterday", "2023-13-01"):
        assert_one_sentence(settled.ingest("contacts", path, as_of=clock), 2, clock, "--as-of 2023")
    assert_untouched(settled, before)


def test_no_database(settled, make, tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_text(GOOD_HEADER + "\n")
    url = "postgresql://someone:hunter2@127.0.0.1:1/customer360"
    for command in (["ingest", "contacts", path], ["quarantine", "list"], ["quarantine", "replay"]):
        answer = settled.c360(*command, C360_DATABASE_URL=url)
        assert_one_sentence(answer, 2, "127.0.0.1")
        assert "hunter2" not in answer.err


def test_wrong_usage(settled):
    for command in (
        ["ingest"],
        ["ingest", "contacts"],
        ["ingest", "contacts", "x", "--nonsense"],
        ["nonsense"],
    ):
        answer = settled.c360(*command)
        assert answer.code == 2 and "Traceback" not in answer.err


BASE = """\
apiVersion: v3.2.0
kind: DataContract
id: things
version: 1.0.0
status: active
schema:
  - name: things
    properties:
      - {name: id, physicalType: text, primaryKey: true}
"""
BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
CONTRACTS = {
    "syntax": (BASE + "  - [", "things.odcs.yaml:11 is not valid YAML"),
    "aliases": (BASE + BOMB, "aliases (*name) are not allowed"),
    "41 levels": (BASE + "tags: " + "[" * 41 + "]" * 41, "nested deeper than 40 levels"),
    "100,000 levels": (BASE + "tags: " + "[" * 100_000, "things.odcs.yaml"),
    "huge": (BASE + "# " + "x" * 2_000_001, "larger than 2000000 bytes"),
    "key twice": (BASE + "status: draft\n", "the key status stands twice"),
    "a python object": (BASE + "x: !!python/object/apply:os.getcwd []\n", "things.odcs.yaml:10"),
    "not a mapping": ("- 1\n", "holds no contract"),
    "another kind": (BASE.replace("DataContract", "Pod"), "kind is not DataContract"),
    "no version": (BASE.replace("1.0.0", "new"), "'new' is not MAJOR.MINOR.PATCH"),
    "no schema": (BASE.partition("schema:")[0], "has no schema"),
    "schema is text": (BASE.partition("schema:")[0] + "schema: things\n", "has no schema"),
    "properties are text": (BASE.partition("    prop")[0] + "    properties: all\n", "things"),
    "a property is text": (BASE.partition("      - {")[0] + "      - id\n", "has no name"),
    "an SLA is text": (BASE + "slaProperties: [daily]\n", "shape of an ODCS contract"),
    "servers are a mapping": (BASE + "servers: {type: postgres}\n", "shape of an ODCS contract"),
    "support is text": (BASE + "support: slack\n", "shape of an ODCS contract"),
    "team is text": (BASE + "team: crm\n", "shape of an ODCS contract"),
    "customProperties is a mapping": (BASE + "customProperties: {a: b}\n", "shape of an ODCS contract"),
    "quality is text": (BASE + "    quality: good\n", "shape of an ODCS contract"),
    "enum of texts": (BASE.replace("primaryKey: true", "enum: [a, b]"), "shape of an ODCS contract"),
    "options are a list": (BASE.replace("primaryKey: true", "logicalTypeOptions: [a]"), "shape of an ODCS contract"),
    "unknown type": (BASE.replace("text", "money2"), "'money2' is unknown"),
    "SLA on a missing column": (
        BASE + "slaProperties: [{property: freshness, value: 1, unit: d, element: things.at}]\n",
        "a column 'at' that it does not describe",
    ),
    "SLA with a strange unit": (
        BASE + "slaProperties: [{property: freshness, value: 1, unit: moons, element: things.id}]\n",
        "'moons'",
    ),
    "relationship to nowhere": (
        BASE.replace("primaryKey: true", "relationships: [{to: nowhere.id}]"),
        "'nowhere'",
    ),
    "not UTF-8": (b"\xff\xfe" + BASE.encode(), "not UTF-8"),
}


@pytest.mark.parametrize("case", CONTRACTS)
def test_contracts_that_are_none(settled, tmp_path, case):
    text, why = CONTRACTS[case]
    (tmp_path / "c360.toml").write_text("[lint]\nstrict = true\n")
    folder = tmp_path / "contracts"
    folder.mkdir()
    file = folder / "things.odcs.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    delivery = tmp_path / "things.csv"
    delivery.write_text("id\n1\n")
    before = settled.counts()
    answer = settled.ingest("things", delivery, contracts=folder)
    assert_one_sentence(answer, 1, why)
    assert_untouched(settled, before)


def test_no_contract_at_all(settled, tmp_path):
    answer = settled.ingest("things", tmp_path / "x.csv", contracts=tmp_path)
    assert_one_sentence(answer, 2, "No contract (*.odcs.yaml)", "--contracts")


NO_DELIVERY = {
    "a README": (b"# Read me\nIt is here, there\n", "names no column of the contract"),
    "no header": (f"1,{SECRET},F\n2,x,M\n".encode(), "names no column of the contract"),
    "another header": (b"sku,price\n1,2\n", "names no column of the contract"),
    "JSON": (b'[{"id": 1}]\n', "it looks like JSON"),
    "HTML": (b"<html><body>id</body></html>\n", "it looks like XML or HTML"),
    "an image": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfe", "it is an image"),
    "a ZIP archive": (b"PK\x03\x04\x14\0\0\0" + bytes(range(256)), "it is a ZIP archive"),
    "empty": (b"", "it is empty"),
}


@pytest.mark.parametrize("case", NO_DELIVERY)
def test_what_is_no_delivery_leaves_no_trace(settled, tmp_path, case):
    contents, why = NO_DELIVERY[case]
    path = tmp_path / "contacts.csv"
    path.write_bytes(contents)
    before = settled.counts()
    answer = settled.ingest("contacts", path)
    assert_one_sentence(answer, 2, why, str(path))
    assert "encoding" not in answer.err
    assert settled.counts() == before


def packed(how, data):
    import gzip

    import pyarrow as pa

    return gzip.compress(data) if how == "gzip" else pa.compress(data, "zstd", asbytes=True)


def delivery(make, rows=30_000):
    return (f"{GOOD_HEADER}\n" + f"{row(make)}\n" * rows).encode()


@pytest.mark.parametrize("how", ["gzip", "zstd"])
@pytest.mark.parametrize("when", ["at once", "later"])
def test_a_packed_file_that_is_damaged_or_cut_short_says_at_which_byte(settled, make, tmp_path, how, when, capfd):
    import random

    noise = "".join(f"{random.Random(n).random()},x\n" for n in range(60_000))
    contents = packed(how, delivery(make, 10) + noise.encode())
    path = tmp_path / "contacts.csv.packed"
    at = 20 if when == "at once" else len(contents) * 3 // 4
    path.write_bytes(contents[:at])
    answer = settled.ingest("contacts", path)
    assert_one_sentence(answer, 2, f"it is cut short: its {how} data ends too early, at byte {at}.", "Deliver it again")
    bad = 8 if how == "gzip" else len(contents) - at  # most of zstd's bytes may be any
    path.write_bytes(contents[:at] + b"\xff" * bad + contents[at + bad :])
    answer = settled.ingest("contacts", path)
    assert_one_sentence(answer, 2, f"its {how} data is damaged, at byte ", "Deliver it again")
    assert "Windows" not in answer.err and "close" not in capfd.readouterr().err
    assert int(answer.err.split("at byte ")[1].split(".")[0]) >= at


PACKED = {
    "gzip in gzip": (("gzip", "gzip"), "it is gzip data inside it", "Unpack it once"),
    "zstd in gzip": (("zstd", "gzip"), "it is zstd data inside it", "Unpack it once"),
    "Parquet in gzip": (("parquet", "gzip"), "it is Parquet inside it", "Deliver the Parquet file itself"),
    "Parquet in zstd": (("parquet", "zstd"), "it is Parquet inside it", "Deliver the Parquet file itself"),
}


@pytest.mark.parametrize("case", PACKED)
def test_what_is_inside_a_packed_file_is_told(settled, make, tmp_path, case):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (inside, outside), why, remedy = PACKED[case]
    pq.write_table(pa.table({"id": [1]}), tmp_path / "p")
    data = (tmp_path / "p").read_bytes() if inside == "parquet" else packed(inside, delivery(make, 3))
    path = tmp_path / "contacts.csv.gz"
    path.write_bytes(packed(outside, data))
    assert_one_sentence(settled.ingest("contacts", path), 2, why, remedy)


def test_a_packed_file_is_hinted_at_by_the_text_in_it(settled, make, tmp_path):
    path = tmp_path / "contacts.csv.gz"
    path.write_bytes(packed("gzip", delivery(make, 3).replace(b",", b";")))
    assert_one_sentence(settled.ingest("contacts", path), 1, "it looks like `;`-separated", "--delimiter ';'")


def test_a_zstd_file_says_nothing_on_standard_error(workplace, make, tmp_path, capfd):
    path = tmp_path / "contacts.csv.zst"
    plain = workplace.write("plain.csv", [make.contact(n) for n in range(3)])
    path.write_bytes(packed("zstd", plain.read_bytes()))
    import gc

    assert workplace.ingest("contacts", path).code == 0
    gc.collect()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("change", "why"), [("extra", "has 1 column that no contract knows"),
                                            ("missing", "lacks the column 'mail'")])  # fmt: skip
def test_parquet_with_other_columns_has_no_encoding(settled, tmp_path, change, why):
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [name for name in GOOD_HEADER.split(",") if (change, name) != ("missing", "mail")]
    path = tmp_path / "contacts.parquet"
    pq.write_table(pa.table({name: ["\xe4\xf6"] for name in names + ["age"] * (change == "extra")}), path)
    answer = settled.ingest("contacts", path)
    assert_one_sentence(answer, 1, why)
    assert "looks like" not in answer.err and "encoding" not in answer.err
    pq.write_table(pa.Table.from_arrays([pa.array(["x"])] * 2, ["id", "id"]), path)
    assert_one_sentence(settled.ingest("contacts", path), 2, "names 'id' twice", "Deliver each column once")


def test_a_row_of_parquet_that_is_no_text_costs_itself(workplace, make, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    people = [make.contact(n) for n in range(10)]
    people[3]["name"] = "a\0b"
    path = tmp_path / "contacts.parquet"
    pq.write_table(pa.table({name: [p[name] for p in people] for name in people[0]}), path)
    answer = workplace.ingest("contacts", path)
    assert answer.code == 0, answer.err
    assert (answer.only["promoted"], answer.only["quarantined"]) == (9, 1)
    assert workplace.sql("select row_number, line, clauses from quarantine.rows") == [(4, None, ["contacts.readable"])]
    assert workplace.c360("quarantine", "show", "contacts").code == 0
    assert workplace.c360("quarantine", "replay", "contacts", "--json").code == 0


def test_parquet_that_is_not_what_its_own_checksum_says_is_refused(workplace, make, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    people = [make.contact(n) for n in range(10)]
    path = tmp_path / "contacts.parquet"
    table = pa.table({name: [p[name] for p in people] for name in people[0]})
    pq.write_table(table, path, write_page_checksum=True, compression="none", use_dictionary=False)
    assert path.read_bytes().count(b"Person 3") >= 1
    path.write_bytes(path.read_bytes().replace(b"Person 3", b"Parson 3"))
    answer = workplace.ingest("contacts", path)
    assert_one_sentence(answer, 2, str(path))
    assert workplace.sql("select to_regclass('raw.contacts') is null") == [(True,)]


@pytest.mark.parametrize("option", [("--delimiter", "\u00a7"), ("--date-format", "d.M"), ("--encoding", "nope"),
                                    ("--alias", "x=zzz")])  # fmt: skip
def test_options_that_cannot_be_are_no_fault_of_the_contract(workplace, make, option):
    answer = workplace.c360("ingest", "contacts", workplace.write("c.csv", [make.contact(1)]), *option)
    assert answer.code == 2 and "custom property" not in answer.err


def end_sessions(workplace):
    workplace.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid() and application_name = 'c360'"
    )


def big(workplace, make):
    return workplace.write("big.csv", [make.contact(n, address="x" * 300) for n in range(5_000)])


def during(monkeypatch, moment, what):
    """Do something once while the delivery is copied, scanned, planned or applied."""
    from c360.delivery.opened import Opened
    from c360.engine.postgres.engine import PostgresLanding

    owner, name = (Opened, "read") if moment == "copy" else (PostgresLanding, moment)
    method, calls = getattr(owner, name), []

    def called(self, *arguments, **more):
        calls.append(1)
        if len(calls) == (2 if moment == "copy" else 1):
            what()
        return method(self, *arguments, **more)

    monkeypatch.setattr(owner, name, called)


@pytest.mark.parametrize("moment", ["copy", "scan", "plan", "apply"])
def test_a_killed_backend_is_told_in_words(workplace, make, monkeypatch, capfd, moment):
    path = big(workplace, make)
    with monkeypatch.context() as patched:
        during(patched, moment, lambda: end_sessions(workplace))
        answer = workplace.ingest("contacts", path)
    assert_one_sentence(answer, 2, "The database ended the connection", "Run it again")
    printed = capfd.readouterr()
    assert "Traceback" not in printed.err and "SystemError" not in printed.err, printed.err
    assert workplace.ingest("contacts", path).only["promoted"] == 5_000


@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("moment", ["copy", "apply"])
def test_a_run_that_was_stopped_says_so(workplace, make, monkeypatch, capfd, moment, how):
    import signal

    path = big(workplace, make)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    with monkeypatch.context() as patched:
        during(patched, moment, lambda: os.kill(os.getpid(), getattr(signal, how)))
        answer = workplace.ingest("contacts", path)
    signal.signal(signal.SIGINT, before)
    assert answer.code == 2 and answer.err.strip() == "Stopped; nothing was left half done."
    assert "Traceback" not in capfd.readouterr().err
    ended = "select outcome, detail from governance.history where engine = 'c360' order by at desc limit 1"
    assert workplace.sql(ended) == [("errored", "stopped before its end")]
    status = workplace.c360("status", "--as-of", "2026-03-01T12:00:00Z")
    assert "stopped before its end" in status.out and "KeyboardInterrupt" not in status.out
    assert workplace.ingest("contacts", path).only["promoted"] == 5_000


def test_a_file_name_may_be_any_bytes(workplace, make):
    path = workplace.write("named.csv", [make.contact(1)])
    named = path.with_name(os.fsdecode(b"caf\xe9.csv"))
    path.rename(named)
    assert workplace.ingest("contacts", named).code == 0
    assert workplace.sql("select file_name from governance.delivery") == [("caf\ufffd.csv",)]


def test_what_is_no_file(settled, tmp_path):
    before = settled.counts()
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    assert_one_sentence(settled.ingest("contacts", tmp_path / "gone.csv"), 2, "There is no file")
    import socket

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        assert_one_sentence(settled.ingest("contacts", tmp_path / "s"), 2, "Cannot read")
    assert_one_sentence(settled.ingest("contacts", "/dev/null"), 2, "neither a file nor a pipe")
    assert settled.counts() == before
