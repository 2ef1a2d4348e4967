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


def mails(workplace):
    return dict(workplace.sql("select right(id::text, 3)::int, mail from raw.contacts"))


def kept(workplace):
    return workplace.sql("select payload ->> 'mail' from governance.superseded order by superseded_id")


def test_newer_replaces_older_which_is_kept(workplace, make):
    first = workplace.write("1.csv", [make.contact(1, mail="old@example.com"), make.contact(2)])
    newer = make.contact(1, mail="new@example.com", _loaded_at_utc=LATER)
    second = workplace.write("2.csv", [newer, make.contact(3)])
    workplace.ingest("contacts", first)
    assert account(workplace.ingest("contacts", second)) == (2, 2, 0, 0, 1)
    assert mails(workplace) == {1: "new@example.com", 2: "person2@example.com", 3: "person3@example.com"}
    assert kept(workplace) == [("old@example.com",)]


def test_older_is_kept_beside_and_known_the_next_time(workplace, make):
    """As if the two had come in order: the account is the same, and so is what is kept."""
    workplace.ingest("contacts", workplace.write("1.csv", [make.contact(1, mail="new@example.com")]))
    older = make.contact(1, mail="old@example.com", _loaded_at_utc=EARLIER)
    assert account(workplace.ingest("contacts", workplace.write("2.csv", [older, make.contact(2)]))) == (2, 2, 0, 0, 1)
    assert mails(workplace)[1] == "new@example.com" and kept(workplace) == [("old@example.com",)]
    assert account(workplace.ingest("contacts", workplace.write("3.csv", [older, make.contact(3)]))) == (2, 1, 0, 1, 0)
    assert kept(workplace) == [("old@example.com",)]


def test_an_equal_load_time_with_other_contents_is_a_conflict(workplace, make):
    workplace.ingest("contacts", workplace.write("1.csv", [make.contact(1, mail="first@example.com")]))
    rows = padded(make, make.contact(1, mail="other@example.com"))
    answer = workplace.ingest("contacts", workplace.write("2.csv", rows))
    assert account(answer) == (21, 20, 1, 0, 0) and answer.only["rows_by_clause"] == {"contacts.conflict": 1}
    assert workplace.sql("select clauses, payload ->> 'mail' from quarantine.rows") == [
        (["contacts.conflict"], "other@example.com")
    ]
    assert mails(workplace)[1] == "first@example.com" and kept(workplace) == []
    history = "select outcome, rows from governance.history where clause = 'contacts.conflict' order by at"
    assert workplace.sql(history) == [("passed", 0), ("failed", 1)]


@pytest.mark.parametrize("loaded", [EARLIER, "2026-03-01 10:00:00", LATER])
def test_somebody_else_never_takes_over_an_id(workplace, make, loaded):
    workplace.ingest("contacts", workplace.write("1.csv", [make.contact(1, name="Ann")]))
    rows = padded(make, make.contact(1, name="Bob", _loaded_at_utc=loaded))
    answer = workplace.ingest("contacts", workplace.write("2.csv", rows))
    assert account(answer) == (21, 20, 1, 0, 0) and answer.only["rows_by_clause"] == {"contacts.identity": 1}
    assert names(workplace)[1] == "Ann" and kept(workplace) == []


def test_a_snapshot_where_only_the_load_time_moved_keeps_no_copies(workplace, make):
    workplace.ingest("contacts", workplace.write("1.csv", [make.contact(n) for n in range(10)]))
    again = [make.contact(n, _loaded_at_utc=LATER) for n in range(10)]
    assert account(workplace.ingest("contacts", workplace.write("2.csv", again))) == (10, 0, 0, 10, 0)
    assert workplace.sql("select distinct _loaded_at_utc::text from raw.contacts") == [(LATER,)]
    assert kept(workplace) == []
    back = [make.contact(n, _loaded_at_utc=EARLIER) for n in range(10)]
    workplace.ingest("contacts", workplace.write("3.csv", back), as_of="2026-03-01T09:30:00Z")
    assert workplace.sql("select distinct _loaded_at_utc::text from raw.contacts") == [(LATER,)]


def test_versions_of_one_row_in_one_delivery(workplace, make):
    """The rule within a delivery is the one across deliveries: the later wins, the older is kept."""
    versions = [make.contact(1, mail=f"{n}@example.com", _loaded_at_utc=f"2026-03-01 0{n}:00:00") for n in (3, 1, 2)]
    assert account(workplace.ingest("contacts", workplace.write("1.csv", padded(make, *versions)))) == (23, 23, 0, 0, 2)
    assert mails(workplace)[1] == "3@example.com" and sorted(kept(workplace)) == [
        ("1@example.com",),
        ("2@example.com",),
    ]
    more = [make.contact(1, mail=f"{n}@example.com", _loaded_at_utc=f"2026-03-01 0{n}:00:00") for n in (4, 2, 5)]
    assert account(workplace.ingest("contacts", workplace.write("2.csv", more))) == (3, 2, 0, 1, 2)
    assert mails(workplace)[1] == "5@example.com"
    assert sorted(kept(workplace)) == [(f"{n}@example.com",) for n in (1, 2, 3, 4)]


def test_a_later_row_is_right_where_earlier_ones_contradict_each_other(workplace, make):
    rows = [make.contact(1, mail=f"{n}@example.com") for n in (1, 2)] + [make.contact(1, _loaded_at_utc=LATER)]
    answer = workplace.ingest("contacts", workplace.write("1.csv", padded(make, *rows)))
    assert account(answer) == (23, 21, 2, 0, 0) and answer.only["rows_by_clause"] == {"contacts.id.primaryKey": 2}
    assert mails(workplace)[1] == "person1@example.com"


def test_two_people_under_one_id_in_one_delivery_are_nobody(workplace, make):
    rows = [make.contact(1, name="Ann"), make.contact(1, name="Bob", _loaded_at_utc=LATER)]
    answer = workplace.ingest("contacts", workplace.write("1.csv", padded(make, *rows)))
    assert account(answer) == (22, 20, 2, 0, 0) and answer.only["rows_by_clause"] == {"contacts.identity": 2}
    assert 1 not in names(workplace)


@pytest.mark.parametrize("loaded", ["9999-01-01 00:00:00", "2026-03-01 13:00:01"])
def test_a_load_time_beyond_the_clock_wins_over_nothing(workplace, make, loaded):
    rows = padded(make, make.contact(1, _loaded_at_utc=loaded))
    answer = workplace.ingest("contacts", workplace.write("1.csv", rows))
    assert answer.only["rows_by_clause"] == {"contacts._loaded_at_utc.notInFuture": 1}
    near = [make.contact(1, _loaded_at_utc="2026-03-01 12:59:59"), make.contact(2)]
    assert account(workplace.ingest("contacts", workplace.write("2.csv", near))) == (2, 2, 0, 0, 0)
    assert workplace.sql("select resolution from quarantine.rows") == [("corrected",)]


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
