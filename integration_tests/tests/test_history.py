"""The history as the commands write it: refused, broken down, recovered, late; and nobody's data in it."""

import pytest

DAY1, DAY2, DAY4 = "2026-03-01T12:00:00Z", "2026-03-02T12:00:00Z", "2026-03-04T12:00:00Z"
LOADED = {DAY1: "2026-03-01 10:00:00", DAY2: "2026-03-02 10:00:00", DAY4: "2026-03-04 10:00:00"}


def people(make, when, *broken):
    """Twenty contacts; those that are named break the pattern of their mail."""
    return [
        make.contact(n, _loaded_at_utc=LOADED[when], **({"mail": "no mail"} if n in broken else {})) for n in range(20)
    ]


def runs(workplace):
    return workplace.sql("select stage, clause, outcome from governance.history where engine = 'c360' order by at")


def stages(workplace, clause, *arguments):
    told = workplace.c360("status", "--json", *arguments).json
    return next(c["stages"] for c in told["clauses"] if c["clause"] == clause)


def test_breach_recovery_and_a_late_delivery(workplace, make):
    """Day 1 with defects, day 2 refused (too many), day 4 good but late."""
    days = {DAY1: (3,), DAY2: (1, 2, 3, 4, 5, 6), DAY4: ()}
    codes = [
        workplace.ingest("contacts", workplace.write(f"{n}.csv", people(make, day, *broken)), as_of=day).code
        for n, (day, broken) in enumerate(days.items())
    ]
    assert codes == [0, 1, 0]
    assert [outcome for *_, outcome in runs(workplace)] == ["passed", "failed", "passed"]
    told = {day: stages(workplace, "contacts.mail.pattern", "--as-of", day)[0] for day in days}
    assert [(t["outcome"], t["rows"], t["since"], t["trend"]) for t in told.values()] == [
        ("failed", 1, DAY1, "new"),
        ("failed", 6, DAY1, "worse"),
        ("passed", 0, DAY4, "better"),
    ]
    (sla,) = (s for s in workplace.c360("status", "--json", "--as-of", DAY4).json["sla"] if s["dataset"] == "contacts")
    assert sla["attainment_7_days"] == {"hours": 72, "held": 22, "share": 22 / 72}
    assert sla["holds"] and sla["newest_row"] == "2026-03-04T10:00:00Z"
    shown = workplace.c360("status", "--as-of", DAY4).out
    assert "30.6% of 72 h" in shown and "Recovered in their last run: contacts.mail.pattern" in shown
    refused = workplace.c360("status", "--as-of", DAY2).out
    assert "the delivery was refused" in refused


def test_the_same_delivery_again_leaves_no_row(workplace, make):
    path = workplace.write("contacts.csv", people(make, DAY1))
    workplace.ingest("contacts", path)
    before = workplace.sql("select count(*) from governance.history")
    assert workplace.ingest("contacts", path).only["outcome"] == "repeated"
    assert workplace.sql("select count(*) from governance.history") == before


def test_the_same_file_read_in_another_form_is_another_delivery(workplace, make):
    """Whoever left the option out corrects it, and sends what there is."""
    path = workplace.write("contacts.csv", [*people(make, DAY1), make.contact(20, birthdate="n/a")])
    assert workplace.ingest("contacts", path).only["quarantined"] == 1
    again = ["ingest", "contacts", path, "--null", "n/a", "--as-of", DAY1, "--json"]
    entries = [workplace.c360(*again).only for _ in range(2)]
    assert [(entry["outcome"], list(entry["rows_by_clause"])) for entry in entries] == [
        ("accepted", ["contacts.birthdate.required"]),
        ("repeated", []),
    ]


def test_a_row_from_the_future_does_not_make_a_delivery_newer(workplace, make):
    rows = [*people(make, DAY1), make.contact(99, _loaded_at_utc="2027-01-01 00:00:00")]
    workplace.ingest("contacts", workplace.write("contacts.csv", rows))
    assert str(workplace.sql("select newest_load from governance.delivery")[0][0]) == LOADED[DAY1]


def test_what_could_not_be_told_is_on_record(workplace, make):
    path = workplace.write("contacts.csv", people(make, DAY1))
    path.write_bytes(b"\xff\xfe\x00" + path.read_bytes())
    assert workplace.ingest("contacts", path).code == 2
    assert runs(workplace) == [], "what cannot be read is no delivery"
    assert workplace.c360("verify", "--as-of", DAY1).code == 2, "there are no tables"
    assert runs(workplace)[-1] == ("verify", "*", "errored")
    assert workplace.c360("publish", "--out", workplace.folder / "pages").code == 0
    assert runs(workplace)[-1] == ("publish", "*", "passed")
    shown = workplace.c360("status", "--as-of", DAY1).out
    assert "verify" in shown and "errored" in shown
    workplace.ingest("contacts", workplace.write("contacts.csv", people(make, DAY1)))
    assert ("gate", "contacts", "passed") in runs(workplace)


def test_publishing_needs_no_database(workplace):
    answer = workplace.c360(
        "publish", "--out", workplace.folder / "pages", C360_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"
    )
    assert answer.code == 0 and "Not in the history: No database at 127.0.0.1:1/none" in answer.err
    assert (workplace.folder / "pages" / "index.html").is_file()


@pytest.mark.parametrize("keep", ["400", "d400", "-1d", "400 days", "99999d", ""])
def test_prune_wants_days(workplace, keep):
    answer = workplace.c360("history", "prune", f"--keep={keep}")
    assert answer.code == 2 and "Write it as 400d." in answer.err and "Traceback" not in answer.err


def test_prune(workplace, make):
    for n, day in enumerate((DAY1, DAY2)):
        workplace.ingest("contacts", workplace.write(f"{n}.csv", people(make, day)), as_of=day)
    before = workplace.c360("status", "--json", "--as-of", DAY4).json["summary"]
    half = workplace.sql("select count(*) / 2 from governance.history")[0][0]
    answer = workplace.c360("history", "prune", "--keep", "1w", "--as-of", "2026-06-01T00:00:00Z")
    assert answer.out == f"{half:,} outcomes older than 1w are gone.\n"
    assert workplace.c360("status", "--json", "--as-of", DAY4).json["summary"] == before


def test_no_value_of_the_data_in_history_and_alerts(workplace, make):
    rows = [make.contact(1, name="Zaphod Beeblebrox", mail="zaphod-at-heart"), make.contact(2)]
    workplace.ingest("contacts", workplace.write("contacts.csv", [*rows, *people(make, DAY1)]))
    assert workplace.c360("alert", "--as-of", DAY1).code == 0
    texts = [path.read_text() for path in (workplace.settings.home / "alerts").iterdir()]
    texts += [str(row) for row in workplace.sql("select * from governance.history")]
    texts += [workplace.c360("status", "--as-of", DAY1, "--all").out]
    assert any("contacts.mail.pattern" in text for text in texts)
    assert not any("aphod" in text for text in texts)
