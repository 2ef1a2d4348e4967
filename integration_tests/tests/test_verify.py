"""Verify: datacontract's word goes to the clause it is about, and where it has none the table says why."""

import json

import pytest

RULES = [
    {"id": "few", "metric": "nullValues", "mustBeLessThan": 1},
    {"type": "sql", "query": "SELECT COUNT(DISTINCT ${column}) FROM ${table}", "mustBeGreaterThan": 2},
]


def contract(**top):
    """Two columns with rules of one id, rules without any, and two metrics of one kind on one column."""
    columns = [
        {"name": "id", "logicalType": "integer", "physicalType": "int", "primaryKey": True, "unique": True,
         "required": True, "classification": "public"},
        {"name": "a", "logicalType": "string", "physicalType": "string", "classification": "public", "quality": RULES},
        {"name": "b", "logicalType": "string", "physicalType": "text", "classification": "public",
         "quality": [*RULES, {"metric": "nullValues", "mustBeLessThan": 9}]},
        {"name": "n", "logicalType": "number", "physicalType": "numeric", "classification": "public",
         "logicalTypeOptions": {"exclusiveMinimum": 0}, "quality": [
             {"id": "mild", "metric": "nullValues", "mustBe": 0, "severity": "warning"}]},
    ]  # fmt: skip
    return {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "things", "name": "things", "version": "1.0.0",
        "status": "active", "team": {"name": "t"}, "support": [{"channel": "c", "tool": "slack"}],
        "schema": [
            # the table of the first bears the name of the second
            {"name": "things", "physicalName": "stuff", "properties": columns},
            {"name": "stuff", "physicalName": "more_stuff", "properties": columns[:1]},
        ],
    } | top  # fmt: skip


@pytest.fixture
def verified(workplace):
    workplace.sql(
        "create schema if not exists raw; drop table if exists raw.stuff, raw.more_stuff;"
        "create table raw.stuff (id integer, a text, b text, n numeric(6,2));"
        "create table raw.more_stuff (id integer);"
        "insert into raw.stuff select n, 'a' || n, case when n > 4 then 'b' end, n from generate_series(1, 9) as n;"
        "insert into raw.stuff values (10, 'a10', 'b', null);"
        "insert into raw.more_stuff values (1), (1)"
    )

    def verify(document, *more):
        folder = workplace.folder / "contracts" / "sources"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "things.odcs.yaml").write_text(json.dumps(document))
        done = workplace.c360("verify", "--contracts", folder.parent, "--json", *more)
        assert done.out, done.err
        return done, {found["clause"]: found for found in done.json}

    return verify


SERVERS = {
    "none": {},
    "an empty list": {"servers": []},
    "of another type": {"servers": [{"server": "lake", "type": "databricks", "catalog": "c", "schema": "raw"}]},
    "two": {"servers": [{"server": s, "type": "postgres", "host": "h.invalid", "port": 1, "database": "d",
                         "schema": "raw"} for s in ("one", "two")]},
}  # fmt: skip


@pytest.mark.parametrize("servers", SERVERS)
def test_datacontract_is_asked_whatever_servers_the_contract_names(verified, servers):
    done, found = verified(contract(**SERVERS[servers]))
    assert done.code == 1 and "Traceback" not in done.err
    assert found["things.a.few"]["engine"] == "datacontract" and found["things.a.few"]["outcome"] == "passed"
    assert found["things.a.physicalType"]["engine"] == "datacontract"


def test_a_verdict_goes_to_its_own_column_and_table(verified):
    _, found = verified(contract())
    told = {name: (one["outcome"], one["engine"]) for name, one in found.items()}
    assert told["things.a.few"] == ("passed", "datacontract")
    assert told["things.a.sql"] == ("passed", "datacontract")
    assert told["things.b.sql"] == ("failed", "datacontract")
    assert told["things.id.primaryKey"] == ("passed", "datacontract"), "asked as the column's unique"
    assert told["stuff.id.primaryKey"] == ("failed", "datacontract"), "not the table of that name"
    assert told["things.n.exclusiveMinimum"] == ("passed", "datacontract")
    assert told["things.n.mild"] == ("warned", "datacontract"), "a warning of theirs is a breach"
    assert told["things.b.few"] == ("failed", "datacontract") and told["things.b.nullValues"] == ("passed", "sql")
    why = "datacontract: not asked, because it cannot tell two rules about nullValues apart"
    assert found["things.b.nullValues"]["detail"] == why
    assert not [one for one in found.values() if "datacontract says" in (one["detail"] or "")]


def test_why_datacontract_says_nothing_is_in_the_table_and_in_the_history(verified, workplace, monkeypatch):
    sla = [{"property": "retention", "value": 9, "unit": "d", "element": "things.id"}]
    timed = contract(slaProperties=sla)
    timed["schema"][0]["properties"][0] |= {"physicalType": "date", "logicalType": "date"}
    workplace.sql("alter table raw.stuff alter column id type date using date '2026-02-27' + id")
    _, found = verified(timed, "--as-of", "2026-03-01T12:00:00Z")
    why = "datacontract: not asked, because it knows no clock but its own"
    assert found["things.retention"]["detail"] == why
    assert workplace.sql("select detail from governance.history where clause = 'things.retention'") == [(why,)]

    monkeypatch.setitem(__import__("sys").modules, "datacontract.data_contract", None)
    _, found = verified(timed)
    assert {one["engine"] for one in found.values()} == {"sql"}
    assert "not asked, because datacontract-cli is not installed" in found["things.a.few"]["detail"]


def test_a_check_of_datacontract_that_is_no_clause_is_said(verified):
    document = contract()
    document["schema"][0]["properties"][1].pop("physicalType")
    done, _ = verified(document)
    assert "datacontract also checked what is no clause: field_type of stuff.a passed." in done.err


def test_what_holds_is_a_line_a_contract(workplace, verified):
    """Clauses that do not hold are shown one by one."""
    _, found = verified(contract())
    folder = workplace.folder / "contracts"
    bad = {clause for clause, one in found.items() if one["outcome"] != "passed"}
    assert bad and len(found) > 2 * len(bad)
    dissent = {clause for clause, one in found.items() if "datacontract says" in (one["detail"] or "")}
    short = workplace.c360("verify", "--contracts", folder).out
    shown = {
        line.split()[0]
        for line in short.partition("contract ")[0].splitlines()
        if line.startswith(("things.", "stuff."))
    }
    assert shown == bad | dissent
    assert f"things 1.0.0    {len(found) - len(bad)}  {len(found)}" in short
    everything = workplace.c360("verify", "--contracts", folder, "--all").out
    assert all(f"\n{clause} " in everything for clause in found)
    only = workplace.c360("verify", "--contracts", folder, "--only-broken")
    lines = [line for line in only.out.splitlines() if line][1:]
    assert {line.split()[0] for line in lines} == bad and only.code == 1
    as_json = workplace.c360("verify", "--contracts", folder, "--only-broken", "--json").json
    assert {one["clause"] for one in as_json} == bad
