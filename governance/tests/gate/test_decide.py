"""Rows leave the quarantine: somebody decides, with who and why on record, or a later delivery corrects them."""

import csv

import pytest

LATER = "2026-03-01 11:00:00"
WHY = ("--reason", "asked the customer", "--by", "ada")


def padded(make, *rows):
    return [*rows, *(make.contact(n) for n in range(100, 120))]


def deliver(workplace, dataset, rows, **options):
    number = len(list(workplace.folder.glob("*.csv")))
    answer = workplace.ingest(dataset, workplace.write(f"{number}.csv", rows), **options)
    assert answer.code == 0, answer.err
    return answer.only


def disputed(workplace, make):
    """An id that Ann has in raw and that Bob claims in quarantine."""
    deliver(workplace, "contacts", [make.contact(1, name="Ann")])
    deliver(workplace, "contacts", padded(make, make.contact(1, name="Bob", _loaded_at_utc=LATER)))
    ((row,),) = workplace.sql("select quarantine_id from quarantine.rows")
    return row


def states(workplace):
    return workplace.sql(
        "select payload ->> 'name', resolution, decided_by, reason, action from quarantine.rows "
        "left join quarantine.decision using (decision_id) order by quarantine_id"
    )


def test_a_conflict_is_settled_by_who_says_which_is_right(workplace, make):
    row = disputed(workplace, make)
    assert workplace.c360("quarantine", "replay", "contacts", "--as-of", "2026-03-01T12:00:00Z").code == 0
    assert states(workplace) == [("Bob", None, None, None, None)], "no replay settles it"
    answer = workplace.c360("quarantine", "resolve", "contacts", "--row", row, *WHY, "--as-of", "2026-03-01T12:00:00Z")
    assert answer.code == 0 and "moved to the superseded rows" in answer.out, answer.err
    assert workplace.sql("select name from raw.contacts where id = %s", make.id(1)) == [("Bob",)]
    assert workplace.sql("select name, birthdate::text, pg_typeof(birthdate)::text from superseded.contacts") == [
        ("Ann", "1985-02-28", "date")
    ]
    assert states(workplace) == [("Bob", "resolved", "ada", "asked the customer", "resolve")]
    again = workplace.c360("quarantine", "resolve", "contacts", "--row", row, *WHY)
    assert again.code == 2 and "open in quarantine" in again.err


def test_who_is_resolved_discards_the_others_that_claim_the_key(workplace, make):
    pair = make.contact(1, name="Ann"), make.contact(1, name="Bob")
    deliver(workplace, "contacts", padded(make, *pair))
    ((ann, _),) = workplace.sql("select min(quarantine_id), max(quarantine_id) from quarantine.rows")
    answer = workplace.c360("quarantine", "resolve", "contacts", "--row", ann, *WHY, "--as-of", "2026-03-01T12:00:00Z")
    assert answer.code == 0, answer.err
    assert [(name, how) for name, how, *_ in states(workplace)] == [("Ann", "resolved"), ("Bob", "discarded")]
    assert workplace.sql("select name from raw.contacts where id = %s", make.id(1)) == [("Ann",)]


def test_no_decision_lets_in_what_breaks_a_clause_by_itself(workplace, make):
    deliver(workplace, "contacts", padded(make, make.contact(1, mail="nowhere")))
    ((row,),) = workplace.sql("select quarantine_id from quarantine.rows")
    answer = workplace.c360("quarantine", "resolve", "contacts", "--row", row, *WHY)
    assert answer.code == 1 and "contacts.mail.pattern" in answer.err and "nowhere" not in answer.err
    assert workplace.sql("select count(*) from raw.contacts where id = %s", make.id(1)) == [(0,)]
    assert workplace.sql("select count(*) from quarantine.decision") == [(0,)]


def test_discarded_rows_stay_on_record_and_out(workplace, make):
    bad = [make.contact(n, mail="nowhere") for n in (1, 2)] + [make.contact(3, birthdate="unknown")]
    deliver(workplace, "contacts", padded(make, *bad))
    assert workplace.c360("quarantine", "discard", "contacts", *WHY).code == 2, "it does not say which"
    answer = workplace.c360("quarantine", "discard", "contacts", "--clause", "contacts.mail.pattern", *WHY)
    assert answer.code == 0 and "2 rows" in answer.out
    assert workplace.sql("select count(*), min(rows) from quarantine.decision") == [(1, 2)]
    assert [how for _, how, *_ in states(workplace)] == ["discarded", "discarded", None]
    assert workplace.c360("quarantine", "show", "contacts").out.count("birthdate") == 1
    nothing = workplace.c360("quarantine", "discard", "contacts", "--clause", "contacts.mail.pattern", *WHY)
    assert nothing.code == 2 and workplace.sql("select count(*) from quarantine.decision") == [(1,)]
    assert workplace.c360("quarantine", "discard", "contacts", "--row", 1, "--reason", " ").code == 2


def test_a_row_goes_by_its_number_whatever_the_columns_are_called(workplace, make):
    deliver(workplace, "contacts", padded(make, make.contact(1, mail="nowhere")))
    ((number,),) = workplace.sql("select quarantine_id from quarantine.rows")
    (row,) = workplace.c360("quarantine", "show", "contacts", "--json").json
    assert (row["id"], row["values"]["id"]) == (number, "***")
    table = workplace.c360("quarantine", "show", "contacts").out.splitlines()
    assert table[0].split()[0] == "id" and table[1].split()[0] == str(number)


def test_an_export_is_for_its_owner_alone_and_on_record(workplace, make):
    deliver(workplace, "contacts", padded(make, make.contact(1, mail="nowhere", name="=1+1")))
    out = workplace.folder / "for-crm.csv"
    answer = workplace.c360("quarantine", "export", "contacts", "--out", out, *WHY)
    assert answer.code == 0, answer.err
    assert out.stat().st_mode & 0o777 == 0o600
    (row,) = csv.DictReader(out.open(newline="", encoding="utf-8"))
    assert (row["row"], row["clauses"], row["mail"], row["id"]) == ("1", "contacts.mail.pattern", "nowhere", make.id(1))
    assert workplace.sql("select action, decided_by, rows from quarantine.decision") == [("export", "ada", 1)]
    assert workplace.c360("quarantine", "export", "contacts", "--out", out, *WHY).code == 2, "never over a file"


FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1"]


def test_an_export_for_spreadsheets_calculates_nothing(workplace, make):
    rows = [make.contact(n, mail="nowhere", name=name) for n, name in enumerate([*FORMULAS, "-5", "O'Neil", "a=b"])]
    deliver(workplace, "contacts", [*rows, *(make.contact(n) for n in range(100, 160))])
    plain, neutral = workplace.folder / "plain.csv.txt", workplace.folder / "neutral.csv.txt"
    answer = workplace.c360("quarantine", "export", "contacts", "--out", plain, *WHY)
    assert answer.code == 0 and f"{len(FORMULAS)} cells" in answer.err and "--for-spreadsheets" in answer.err
    answer = workplace.c360("quarantine", "export", "contacts", "--out", neutral, "--for-spreadsheets", *WHY)
    assert answer.code == 0 and answer.err == ""
    names = [[row["name"] for row in csv.DictReader(file.open(newline="", encoding="utf-8"))]
             for file in (plain, neutral)]  # fmt: skip
    assert names[0] == [*FORMULAS, "-5", "O'Neil", "a=b"], "as it was delivered"
    assert names[1] == [*(f"'{name}" for name in FORMULAS), "-5", "O'Neil", "a=b"]


CORRECTED = {
    "mended, and loaded later": ({}, LATER, "corrected"),
    "mended, with the load time it had": ({}, "2026-03-01 10:00:00", "corrected"),
    "an older version": ({}, "2026-03-01 09:00:00", None),
    "still broken": ({"mail": "nowhere"}, LATER, None),
}


@pytest.mark.parametrize("case", CORRECTED)
def test_rows_that_a_later_delivery_corrects_close_by_themselves(workplace, make, case):
    changes, loaded, how = CORRECTED[case]
    deliver(workplace, "contacts", padded(make, make.contact(1, mail="nowhere")))
    rows = padded(make, make.contact(1, _loaded_at_utc=loaded, **changes))
    assert deliver(workplace, "contacts", rows)["corrected"] == (how == "corrected")
    first = "select resolution from quarantine.rows order by quarantine_id limit 1"
    assert workplace.sql(first) == [(how,)]


def test_of_two_that_contradict_each_other_a_third_of_the_same_time_corrects_neither(workplace, make):
    pair = make.contact(1, mail="a@example.com"), make.contact(1, mail="b@example.com")
    deliver(workplace, "contacts", padded(make, *pair))
    deliver(workplace, "contacts", padded(make, make.contact(1, mail="a@example.com")))
    how = "select payload ->> 'mail', resolution from quarantine.rows order by quarantine_id"
    assert workplace.sql(how) == [("a@example.com", "corrected"), ("b@example.com", None)]
    deliver(workplace, "contacts", padded(make, make.contact(1, mail="c@example.com", _loaded_at_utc=LATER)))
    assert workplace.sql(how) == [("a@example.com", "corrected"), ("b@example.com", "corrected")]


def test_a_refused_delivery_keeps_the_numbers_of_what_broke_it(workplace, make):
    rows = [make.contact(n, mail="nowhere" if n % 2 else f"p{n}@example.com") for n in range(6)]
    path = workplace.write("1.csv", rows)
    path.write_text(path.read_text() + "half,a,line\n")
    for _ in range(2):  # the same content again takes the place of its own evidence
        answer = workplace.ingest("contacts", path)
        assert answer.code == 1 and "c360 quarantine show contacts --delivery" in answer.err
        assert "nowhere" not in answer.err + answer.out and "half" not in answer.err + answer.out
    assert workplace.sql("select row_number, line, clauses from quarantine.evidence order by 1") == [
        (2, None, ["contacts.mail.pattern"]),
        (4, None, ["contacts.mail.pattern"]),
        (6, None, ["contacts.mail.pattern"]),
        (7, 14, ["contacts.readable"]),
    ]
    shown = workplace.c360("quarantine", "show", "contacts", "--delivery", answer.only["delivery_id"], "--json")
    assert (shown.json[0]["row"], shown.json[0]["clauses"]) == (2, ["contacts.mail.pattern"])
    assert workplace.sql("select count(*) from quarantine.rows") == [(0,)]
    assert workplace.c360("quarantine", "show", "contacts", "--json").json == [], "evidence is no row to be replayed"


def test_superseded_rows_can_be_pruned(workplace, make):
    deliver(workplace, "contacts", [make.contact(1, mail="a@example.com")])
    deliver(workplace, "contacts", [make.contact(1, mail="b@example.com", _loaded_at_utc=LATER)])
    assert workplace.sql("select mail, _loaded_at_utc::text from superseded.contacts") == [
        ("a@example.com", "2026-03-01 10:00:00")
    ]
    assert workplace.c360("history", "prune", "--superseded", "--keep", "1d").out.startswith("0 versions")
    later = workplace.c360("history", "prune", "--superseded", "--keep", "1d", "--as-of", "2100-01-01T00:00:00Z")
    assert later.out.startswith("1 versions") and workplace.sql("select count(*) from superseded.contacts") == [(0,)]
