"""One rule for one id: what staging makes of several rows under a key, and what the gate makes of them."""


def test_an_id_of_two_people_is_nobodys_and_duplicates_collapse(raw, make, dbt):
    dbt.insert("contacts", make.contact(3, name="Somebody Else"), make.contact(2))
    dbt.insert("transactions", make.transaction(3, 2))
    assert dbt("run", "--select", dbt.PACKAGE).success
    assert raw.sql("select count(*), sum(total_expense)::text from analytics.customers") == [(2, "25.00")]


ONE, TWO = "2026-03-01 09:00:00", "2026-03-01 10:00:00"
VERSIONS = {
    "the same twice": ([{}, {}], True),
    "the same again later": ([{"_loaded_at_utc": ONE}, {"_loaded_at_utc": TWO}], True),
    "a corrected address": ([{"address": "old", "_loaded_at_utc": ONE}, {"address": "new"}], True),
    "an older address that comes last": ([{"address": "new"}, {"address": "old", "_loaded_at_utc": ONE}], True),
    "another name": ([{"name": "Ann", "_loaded_at_utc": ONE}, {"name": "Bob"}], False),
    "another birthdate": ([{"birthdate": "1985-03-01", "_loaded_at_utc": ONE}, {}], False),
    "another name at one load time": ([{"name": "Ann"}, {"name": "Bob"}], False),
    "two addresses at one load time": ([{"address": "one"}, {"address": "two"}], False),
    "null and a value at one load time": ([{"gender": None}, {"gender": "F"}], False),
    "a dispute that a later row settles": (
        [{"address": "one", "_loaded_at_utc": ONE}, {"address": "two", "_loaded_at_utc": ONE}, {"address": "three"}],
        True,
    ),
    "a dispute over a row that was settled": (
        [{"address": "one", "_loaded_at_utc": ONE}, {"address": "two"}, {"address": "three"}],
        True,
    ),
    "a dispute, one side of which is said again": (
        [{"address": "one", "_loaded_at_utc": ONE}, {"address": "two", "_loaded_at_utc": ONE}, {"address": "one"}],
        True,
    ),
    "two people, one of whom said different things": (
        [{"name": "Ann", "address": "one"}, {"name": "Ann", "address": "two"}, {"name": "Bob", "_loaded_at_utc": ONE}],
        False,
    ),
}
"""Rows of one id by what they change in a contact, and whether the id has a row after all."""


def test_staging_and_the_gate_have_one_rule_for_one_id(workplace, make, dbt):
    rows = [make.contact(n, **row) for n, (rows, _) in enumerate(VERSIONS.values()) for row in rows]
    padding = [make.contact(n) for n in range(100, 200)]
    columns = ", ".join(name for name in rows[0] if name != "_loaded_at_utc")
    assert workplace.ingest("contacts", workplace.write("contacts.csv", rows + padding)).code == 0
    at_the_gate = workplace.sql(f"select {columns}, _loaded_at_utc from raw.contacts order by id")
    workplace.reset()
    dbt.make_raw()
    dbt.insert("contacts", *rows, *padding)
    assert dbt("run", "--select", "+stg_salesforce__contacts").success
    alone = workplace.sql(f"select {columns}, loaded_at from analytics.stg_salesforce__contacts order by id")
    assert alone == at_the_gate
    kept = {str(identifier) for identifier, *_ in alone} - {make.id(n) for n in range(100, 200)}
    assert kept == {make.id(n) for n, (_, stays) in enumerate(VERSIONS.values()) if stays}
