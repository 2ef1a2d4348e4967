"""Customers as they were: off unless asked for, by the snapshot of contacts; who is forgotten has no past there."""

from c360.database.access import TRANSFORMER

HISTORY = {"customer360_history_enabled": True}


def test_customers_are_told_as_they_were_and_forgetting_reaches_the_past(workplace, make, dbt):
    people = [make.contact(n, gender="F", birthdate="2000-01-15", _loaded_at_utc="2026-01-10 10:00:00") for n in (1, 2)]
    known = workplace.write("contacts.csv", people)
    assert workplace.ingest("contacts", known, as_of="2026-01-10T12:00:00Z").code == 0
    sales = [make.transaction(n, 1, amount="5.00", transaction_date=f"2026-0{n}-12 10:00:00.000") for n in (1, 2)]
    assert workplace.ingest("transactions", workplace.write("transactions.csv", sales)).code == 0
    assert not [
        name
        for name in dbt.outcomes("build", "--select", dbt.PACKAGE, "--empty", PGUSER=TRANSFORMER)
        if "history" in name
    ]

    def build():
        assert dbt("run", "--select", "+transactions_enriched", variables=HISTORY, PGUSER=TRANSFORMER).success
        assert dbt("snapshot", "--select", "contacts_history", variables=HISTORY, PGUSER=TRANSFORMER).success

    def told(instant):
        asked = f"{{{{ customer360.customers_as_of('{instant}') }}}}"
        compiled = dbt("compile", "--inline", asked, variables=HISTORY).result.results[0].node.compiled_code
        return workplace.sql(
            "select gender, age, total_expense::text, (last_purchase_at at time zone 'UTC')::date::text "
            f"from ({compiled}) as c order by id"
        )

    build()
    moved = make.contact(1, gender="X", birthdate="2000-01-15", _loaded_at_utc="2026-02-20 10:00:00")
    assert workplace.ingest("contacts", workplace.write("moved.csv", [moved]), as_of="2026-02-20T12:00:00Z").code == 0
    build()
    assert told("2026-01-10T09:59:59Z") == []
    assert told("2026-01-12T20:59:59+11:00") == [("F", 25, "0.00", None), ("F", 25, "0.00", None)]
    assert told("2026-01-15T00:00:00Z") == [("F", 26, "5.00", "2026-01-12"), ("F", 26, "0.00", None)]
    assert told("2026-03-01T00:00:00Z") == [("X", 26, "10.00", "2026-02-12"), ("F", 26, "0.00", None)]
    kept = "select id::text from analytics.contacts_history order by dbt_valid_from, id"
    assert workplace.sql(kept) == [(make.id(1),), (make.id(2),), (make.id(1),)]
    columns = (
        "select attname::text from pg_attribute where attrelid = 'analytics.contacts_history'::regclass and attnum > 0"
    )
    assert not {name for (name,) in workplace.sql(columns)} & {"name", "username", "address", "mail"}

    assert workplace.c360("forget", make.id(1), "--by", "ada").code == 0
    assert workplace.sql(kept) == [(make.id(2),)]
