"""Replay: quarantined rows that hold by now are promoted, once."""

LATER = "2026-03-01 11:00:00"


def deliver(workplace, make, dataset, *rows):
    deliver.number = getattr(deliver, "number", 0) + 1
    answer = workplace.ingest(dataset, workplace.write(f"{dataset}{deliver.number}.csv", list(rows)))
    assert answer.code == 0, answer.err


def replay(workplace, *arguments):
    answer = workplace.c360("quarantine", "replay", *arguments, "--as-of", "2026-03-02T12:00:00Z", "--json")
    assert answer.code == 0, answer.err
    return {
        row["dataset"]: tuple(row[n] for n in ("replayed", "promoted", "duplicates", "kept")) for row in answer.json
    }


def open_rows(workplace):
    return workplace.sql("select clauses from quarantine.rows where resolved_by is null order by quarantine_id")


def orders(make, *rows):
    return [*rows, *(make.transaction(n, 100) for n in range(500, 520))]


def test_an_order_whose_customer_arrives_later(workplace, make):
    deliver(workplace, make, "contacts", make.contact(100))
    early, bad = make.transaction(1, 7), make.transaction(2, 100, category="Garden")
    deliver(workplace, make, "transactions", *orders(make, early, bad))
    assert replay(workplace, "transactions") == {"transactions": (2, 0, 0, 2)}, "nothing has changed yet"
    deliver(workplace, make, "contacts", make.contact(7))
    assert replay(workplace, "transactions") == {"transactions": (2, 1, 0, 1)}
    assert workplace.sql("select contact_id::text from raw.transactions where id = %s", make.id(1_000_001)) == [
        (make.id(7),)
    ]
    assert open_rows(workplace) == [(["transactions.category.enum"],)]
    raw = workplace.sql("select count(*) from raw.transactions")
    assert replay(workplace, "transactions") == {"transactions": (1, 0, 0, 1)}, "a second time changes nothing"
    assert workplace.sql("select count(*) from raw.transactions") == raw
    unaccounted = "select count(*) from governance.delivery where delivered <> promoted + quarantined + duplicates"
    assert workplace.sql(unaccounted) == [(0,)]


def test_the_clauses_of_a_row_follow_what_it_breaks_now(workplace, make):
    deliver(workplace, make, "contacts", make.contact(100))
    deliver(workplace, make, "transactions", *orders(make, make.transaction(1, 7, category="Garden")))
    assert open_rows(workplace) == [(["transactions.category.enum", "transactions.contact_id.relationship"],)]
    deliver(workplace, make, "contacts", make.contact(7))
    replay(workplace)
    assert open_rows(workplace) == [(["transactions.category.enum"],)]


def test_versions_of_one_order_from_two_deliveries(workplace, make):
    """They are no conflict: each would have held by itself, and the newer replaces the older."""
    deliver(workplace, make, "contacts", make.contact(100))
    deliver(workplace, make, "transactions", *orders(make, make.transaction(1, 7, amount="1.00")))
    newer = make.transaction(1, 7, amount="2.00", _loaded_at_utc=LATER)
    deliver(workplace, make, "transactions", newer, *(make.transaction(n, 100) for n in range(600, 610)))
    deliver(workplace, make, "contacts", make.contact(7))
    assert replay(workplace, "transactions") == {"transactions": (2, 2, 0, 0)}
    assert workplace.sql("select amount::text from raw.transactions where id = %s", make.id(1_000_001)) == [("2.00",)]
    assert workplace.sql("select payload ->> 'amount' from governance.superseded") == [("1.00",)]
    assert open_rows(workplace) == []


def test_a_conflict_stays_one(workplace, make):
    pair = make.contact(1), make.contact(1, name="Somebody Else")
    deliver(workplace, make, "contacts", *pair, *(make.contact(n) for n in range(100, 120)))
    assert replay(workplace) == {"contacts": (2, 0, 0, 2), "transactions": (0, 0, 0, 0)}
    assert open_rows(workplace) == [(["contacts.id.primaryKey"],)] * 2


def test_rows_that_raw_has_by_now_are_duplicates(workplace, make):
    deliver(workplace, make, "contacts", make.contact(100))
    late = make.transaction(1, 7)
    deliver(workplace, make, "transactions", *orders(make, late))
    deliver(workplace, make, "contacts", make.contact(7))
    deliver(workplace, make, "transactions", late, *(make.transaction(n, 100) for n in range(600, 610)))
    assert workplace.sql("select resolution from quarantine.rows") == [("corrected",)], "it came again, and was taken"
    assert replay(workplace, "transactions") == {"transactions": (0, 0, 0, 0)}
    assert open_rows(workplace) == []


def test_show_and_list_tell_no_value_that_is_not_public(workplace, make):
    deliver(
        workplace, make, "contacts",
        make.contact(1, name="Zebedee", mail="nowhere"), *(make.contact(n) for n in range(100, 120)),
    )  # fmt: skip
    for form in ([], ["--json"]):
        shown = workplace.c360("quarantine", "show", "contacts", *form)
        listed = workplace.c360("quarantine", "list", *form)
        assert shown.code == listed.code == 0
        assert "contacts.mail.pattern" in shown.out and "contacts.mail.pattern" in listed.out
        assert "Zebedee" not in shown.out + listed.out and "nowhere" not in shown.out + listed.out
    assert "2026-03-01 10:00:00" in shown.out, "the load time is public"
