"""A new kind of clause is one entry in the table of kinds: every stage finds it there, and none knows it by name."""

import json
from dataclasses import replace

import pytest
import yaml

from c360.clause.arguments import Rule
from c360.clause.description import describe
from c360.clause.kinds import KINDS
from c360.clause.measure import Measure
from c360.clause.operators import OPERATORS
from c360.clause.promise import Promise, custom_properties
from c360.contract import load_contract
from c360.errors import Breach
from c360.model import Kind


def custom_number(name):
    """Said by a custom property of a column or of the table."""

    def read(entry):
        value = custom_properties(entry.body).get(name)
        if value is not None and type(value) is not int:
            raise Breach(f"{entry.table.path}: {name} is no whole number.", "Write one, such as 20.")
        if value is not None:
            yield Promise(value, entry.column)

    return read


def too_many_words(clause, row):
    name = row.name(clause)
    return f"char_length({name}) - char_length(replace({name}, ' ', '')) >= {clause.argument}"


def row_count(clause, where):
    return Measure(Rule("mostRows", OPERATORS["mustBeLessOrEqualTo"], clause.argument), expression="count(*)")


MADE_UP = [
    Kind[int](
        "maxWords",
        "row",
        custom_number("maxWords"),
        lambda clause: f"has at most {clause.argument} words",
        custom=("maxWords",),
        dimension="coverage",
        violation=too_many_words,
    ),
    Kind[int](
        "mostRows",
        "delivery",
        custom_number("mostRows"),
        lambda clause: f"has at most {clause.argument} rows",
        custom=("mostRows",),
        measure=row_count,
    ),
]
ROW, DELIVERY = "notes.note.maxWords", "notes.mostRows"


def contract(most_words=3):
    columns = [
        {"name": "id", "logicalType": "integer", "physicalType": "integer", "primaryKey": True, "required": True},
        {"name": "note", "logicalType": "string", "physicalType": "text",
         "customProperties": [{"property": "maxWords", "value": most_words}]},
    ]  # fmt: skip
    part = {
        "name": "notes", "description": "Notes.", "customProperties": [{"property": "mostRows", "value": 6}],
        "properties": [column | {"description": "A column.", "classification": "public"} for column in columns],
    }  # fmt: skip
    return {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "notes", "name": "notes", "version": "1.0.0",
        "status": "active", "team": {"name": "t"}, "support": [{"channel": "c", "tool": "slack"}], "schema": [part],
    }  # fmt: skip


@pytest.fixture
def contracts(workplace, monkeypatch):
    for kind in MADE_UP:
        monkeypatch.setitem(KINDS, kind.name, kind)
    path = workplace.folder / "contracts" / "sources" / "notes.odcs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(contract()))
    return path.parents[1]


def test_it_is_read_told_and_linted(workplace, contracts):
    (path,) = contracts.rglob("*.yaml")
    clauses = {clause.id: clause for clause in load_contract(path).datasets[0].clauses}
    assert "unenforced" not in {clause.kind.name for clause in clauses.values()}
    assert (clauses[ROW].scope, clauses[ROW].dimension) == ("row", "coverage")
    assert (describe(clauses[ROW]), describe(clauses[DELIVERY])) == ("has at most 3 words", "has at most 6 rows")
    (contracts.parent / "c360.toml").write_text("[lint]\nstrict = true\n")
    assert workplace.c360("lint", contracts).code == 0
    path.write_text(json.dumps(contract("three")))
    told = workplace.c360("lint", contracts)
    assert told.code == 1 and "maxWords is no whole number" in told.out


def test_every_point_holds_it(workplace, contracts):
    assert workplace.c360("generate", "--contracts", contracts, "--out", workplace.folder).code == 0
    rows = {row["clause"]: row for row in workplace.c360("coverage", "--contracts", contracts, "--json").json}
    assert (rows[ROW]["gate"], rows[DELIVERY]["gate"]) == ("row quarantined", "delivery refused")
    for clause, test in ((ROW, "customer360.row_clause"), (DELIVERY, "customer360.query_clause")):
        cells = rows[clause]
        assert (cells["soda scan"], cells["dbt"], cells["verify"]) == ("check", test, "sql")
    checks = yaml.safe_load((workplace.folder / "soda_checks" / "notes.yml").read_text())["checks for notes"]
    assert {ROW, DELIVERY} <= {body["name"] for check in checks for body in check.values()}
    assert ROW in (workplace.folder / "dbt_package/macros/contracts/contract_violations.sql").read_text()


def test_the_gate_and_verify_hold_it(workplace, contracts):
    rows = [{"id": str(n), "note": "a b c"} for n in range(5)] + [{"id": "5", "note": "a b c d"}]
    taken = workplace.ingest("notes", workplace.write("few.csv", rows), contracts=contracts)
    assert taken.only["rows_by_clause"] == {ROW: 1} and taken.only["quarantined"] == 1, taken.err
    many = [{"id": str(n), "note": "a"} for n in range(10, 20)]
    refused = workplace.ingest("notes", workplace.write("many.csv", many), contracts=contracts)
    assert refused.code == 1 and f"it breaks {DELIVERY} (measured 10)" in refused.err
    workplace.sql("insert into raw.notes select n, 'a b c d e' from generate_series(20, 21) as n")
    found = {line["clause"]: line for line in workplace.c360("verify", "--contracts", contracts, "--json").json}
    assert (found[ROW]["outcome"], found[ROW]["rows"]) == ("failed", 2)
    assert (found[DELIVERY]["outcome"], found[DELIVERY]["measured"]) == ("failed", 7)
    status = workplace.c360("status", "--contracts", contracts, "--json").json
    assert {clause["clause"]: clause["kind"] for clause in status["clauses"]}[ROW] == "maxWords"


def test_one_of_several_rows_is_not_passed_over_in_silence(workplace, contracts, monkeypatch):
    _, delivery = MADE_UP
    monkeypatch.setitem(KINDS, delivery.name, replace(delivery, scope="row"))
    told = workplace.ingest("notes", workplace.write("few.csv", [{"id": "1", "note": "a"}]), contracts=contracts)
    assert told.code == 2 and f"no rows are judged by {DELIVERY}" in told.err
    assert not workplace.sql("select 1 from pg_tables where schemaname = 'raw' and tablename = 'notes'")
