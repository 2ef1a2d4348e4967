"""Keys within and across deliveries: what collapses, conflicts, replaces or counts as duplicate."""

import pytest

LATER, EARLIER = "2026-03-01 11:00:00", "2026-03-01 09:00:00"


def account(answer):
    names = ("delivered", "promoted", "quarantined", "duplicates", "superseded")
    return tuple(answer.only[name] for name in names)


def padded(make, *rows):
    """With enough good rows for a few bad ones to be tolerated."""
    return [*rows, *(make.contact(n) for n in range(100, 120))]


def names(workplace):
    return dict(workplace.sql("select right(id::text, 3)::int, name from raw.contacts"))


def test_newer_replaces_older_which_is_kept(workplace, make):
    first = workplace.write("1.csv", [make.contact(1, name="Old"), make.contact(2)])
    second = workplace.write("2.csv", [make.contact(1, name="New", _loaded_at_utc=LATER), make.contact(3)])
    workplace.ingest("contacts", first)
    assert account(workplace.ingest("contacts", second)) == (2, 2, 0, 0, 1)
    assert names(workplace) == {1: "New", 2: "Person 2", 3: "Person 3"}
    assert workplace.sql("select payload ->> 'name', dataset from governance.superseded") == [("Old", "contacts")]


@pytest.mark.parametrize("loaded", [EARLIER, "2026-03-01 10:00:00"])
def test_older_or_equal_counts_as_duplicate(workplace, make, loaded):
    workplace.ingest("contacts", workplace.write("1.csv", [make.contact(1, name="First")]))
    again = workplace.write("2.csv", [make.contact(1, name="Other", _loaded_at_utc=loaded), make.contact(2)])
    assert account(workplace.ingest("contacts", again)) == (2, 1, 0, 1, 0)
    assert names(workplace) == {1: "First", 2: "Person 2"}
    assert workplace.sql("select count(*) from governance.superseded") == [(0,)]


def test_exact_duplicates_collapse_even_in_other_spellings(workplace, make):
    rows = padded(make, make.contact(1), make.contact(1), make.contact(1, id=make.id(1).upper()))
    assert account(workplace.ingest("contacts", workplace.write("1.csv", rows))) == (23, 21, 0, 2, 0)


def test_duplicates_of_a_row_that_has_no_value_in_a_type(workplace, make):
    bad = make.contact(1, birthdate="unknown")
    other = make.contact(2, birthdate="unknown"), make.contact(2, birthdate="never")
    path = workplace.write("1.csv", padded(make, bad, bad, *other))
    assert account(workplace.ingest("contacts", path)) == (24, 20, 3, 1, 0)
    assert workplace.sql("select row_number, clauses from quarantine.rows order by 1") == [
        (1, ["contacts.birthdate.physicalType"]),
        (3, ["contacts.birthdate.physicalType", "contacts.id.primaryKey"]),
        (4, ["contacts.birthdate.physicalType", "contacts.id.primaryKey"]),
    ]


def test_one_key_claimed_by_two_is_nobodys(workplace, make):
    rows = padded(make, make.contact(1), make.contact(1, name="Somebody Else"))
    assert account(workplace.ingest("contacts", workplace.write("1.csv", rows))) == (22, 20, 2, 0, 0)
    orders = [make.transaction(1, 1), *(make.transaction(n, 100) for n in range(2, 12))]
    assert account(workplace.ingest("transactions", workplace.write("2.csv", orders))) == (11, 10, 1, 0, 0)
    assert workplace.sql("select payload ->> 'id', clauses from quarantine.rows where dataset = 'transactions'") == [
        (make.id(1_000_001), ["transactions.contact_id.relationship"])
    ]


def test_a_conflict_does_not_touch_the_row_that_raw_has(workplace, make):
    workplace.ingest("contacts", workplace.write("1.csv", [make.contact(1, name="First")]))
    rows = padded(make, *(make.contact(1, name=name, _loaded_at_utc=LATER) for name in ("A", "B")))
    assert account(workplace.ingest("contacts", workplace.write("2.csv", rows))) == (22, 20, 2, 0, 0)
    assert names(workplace)[1] == "First"


@pytest.mark.parametrize(("bad", "code"), [(2, 0), (3, 1)])
def test_a_delivery_with_too_many_bad_rows_is_refused(workplace, make, bad, code):
    rows = [make.contact(n, mail="nowhere" if n < bad else f"p{n}@example.com") for n in range(10)]
    answer = workplace.ingest("contacts", workplace.write("1.csv", rows))
    assert answer.code == code, answer.err
    if code:
        assert "3 of 10 rows break clauses (contacts.mail.pattern 3), more than 20%" in answer.err
        assert workplace.sql("select count(*) from quarantine.rows") == [(0,)]
        assert workplace.sql("select outcome from governance.delivery") == [("refused",)]
        assert workplace.sql("select outcome, rows from governance.history where clause = 'contacts.mail.pattern'") == [
            ("failed", 3)
        ]


def test_the_same_content_changes_nothing_under_any_name(workplace, make):
    path = workplace.write("1.csv", padded(make, make.contact(1, mail="nowhere")))
    workplace.ingest("contacts", path)
    before = workplace.counts()
    copy = workplace.folder / "other name.csv"
    copy.write_bytes(path.read_bytes())
    for again in (path, copy):
        answer = workplace.ingest("contacts", again)
        assert answer.code == 0 and answer.only["outcome"] == "repeated"
    after = workplace.counts()
    assert after.pop("governance.history") >= before.pop("governance.history")
    assert after == before


def test_the_same_rows_in_another_file_are_duplicates(workplace, make):
    rows = [make.contact(n) for n in range(5)]
    workplace.ingest("contacts", workplace.write("1.csv", rows))
    assert account(workplace.ingest("contacts", workplace.write("2.csv", rows[::-1]))) == (5, 0, 0, 5, 0)
