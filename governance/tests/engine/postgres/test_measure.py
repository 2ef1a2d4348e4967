"""A project without Soda: the gate measures by itself, and says what Soda would have said."""

import json
import shutil
import sys

import pytest

ROWS = {"contacts": "contact", "transactions": "transaction"}


@pytest.fixture
def without_soda(workplace, monkeypatch):
    """A project that has switched Soda off, on a machine that does not have it: its sources are the repository's."""
    (workplace.folder / "c360.toml").write_text("[soda]\nenabled = false\n")
    shutil.copytree(workplace.settings.contracts / "sources", workplace.folder / "contracts" / "sources")
    for name in [name for name in sys.modules if name.partition(".")[0] == "soda"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "soda", None)
    return {"C360_ROOT": str(workplace.folder)}


def deliveries(workplace, make):
    """A bad one of each source: rows that break clauses, and one whose newest row is stale."""
    contacts = [make.contact(n) for n in range(40)]
    contacts[3] |= {"gender": "X", "mail": "nobody"}
    contacts[4] |= {"birthdate": "2999-01-01"}
    transactions = [make.transaction(n, n) for n in range(40)]
    transactions[5] |= {"amount": "-1.00", "item_count": "two"}
    transactions[6] |= {"contact_id": make.id(999)}
    transactions[7] |= {"id": transactions[8]["id"]}
    stale = [make.transaction(n, 1, _loaded_at_utc="2026-01-01 10:00:00") for n in range(100, 103)]
    return [
        ("contacts", workplace.write("contacts.csv", contacts)),
        ("transactions", workplace.write("transactions.csv", transactions)),
        ("transactions", workplace.write("stale.csv", stale)),
    ]


def told(workplace, make, **env):
    """What becomes of them, and what is put down of each clause, but for the engine; and the engines."""
    ended = []
    for dataset, file in deliveries(workplace, make):
        answer = workplace.c360("ingest", dataset, file, "--as-of", "2026-03-01T12:00:00Z", "--json", **env)
        ended.append((answer.code, {key: value for key, value in answer.only.items() if key != "findings"}))
    found = workplace.sql(
        "select clause, outcome, measured, rows from governance.history where engine <> 'c360' order by at, clause, 2"
    )
    return ended, found, dict(workplace.sql("select engine, count(*) from governance.history group by engine"))


def test_the_verdicts_are_those_of_soda(workplace, make, without_soda):
    ended, found, engines = told(workplace, make, **without_soda)
    assert [code for code, _ in ended] == [0, 0, 1] and "soda" not in engines
    shown = workplace.c360("status", "--json", **without_soda).json["clauses"]
    assert {"postgres"} <= {side["engine"] for clause in shown for side in clause["stages"]}
    workplace.reset()
    sys.modules.pop("soda")
    assert (ended, found) == told(workplace, make)[:2]
    assert len({clause for clause, outcome, *_ in found if outcome == "failed"}) >= 7
    assert engines.pop("postgres") > 30


RULE = {"id": "told", "type": "sql", "query": "SELECT sum(n) FROM ${table}", "mustBeLessThan": 5}


@pytest.fixture
def ingest(workplace, without_soda):
    """A delivery of one column of numbers, under a rule."""

    def through_the_gate(rows, **rule):
        part = {
            "name": "things", "quality": [{name: value for name, value in (RULE | rule).items() if value is not None}],
            "properties": [{"name": "n", "logicalType": "integer", "physicalType": "int",
                            "logicalTypeOptions": {"maximum": 3}}],
        }  # fmt: skip
        contract = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": "t", "version": "1.0.0", "status": "active",
                    "name": "t", "schema": [part]}  # fmt: skip
        path = workplace.folder / "own" / "sources" / "things.odcs.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(contract))
        file = workplace.write("things.csv", [{"n": n} for n in rows])
        return workplace.c360("ingest", "things", file, "--contracts", path.parents[1], "--json", **without_soda)

    return through_the_gate


@pytest.mark.parametrize(
    ("rows", "rule", "refused"),
    [
        ([1, 2], {}, ""),
        ([3, 3], {}, "it breaks things.told (measured 6)"),
        ([3, 3], {"severity": "warning"}, ""),
        ([3, 3], {"mustBeLessThan": None, "mustBeBetween": [1, 2]}, "it breaks things.told (measured 6)"),
        ([1], {"query": "SELECT avg(n) FROM ${table} WHERE n > 7"}, "it breaks things.told"),
    ],
)
def test_a_rule_has_its_own_bound_and_null_keeps_none(ingest, rows, rule, refused):
    answer = ingest(rows, **rule)
    assert (answer.code, refused in answer.err) == (int(bool(refused)), True), answer.err


def test_what_cannot_be_told_takes_nothing_else_along(ingest, workplace):
    answer = ingest([1, 0], query="SELECT max(1 / n) FROM ${table}")
    assert answer.code == 2 and "The scan could not evaluate things.told: the query fails" in answer.err
    assert workplace.sql("select count(*) from pg_namespace where nspname like 'landing%'") == [(0,)]


def test_nothing_is_generated_for_soda_and_coverage_says_why(workplace, without_soda):
    files = workplace.folder / "soda_checks"
    files.mkdir()
    (files / "contacts.yml").write_text("# Generated from an earlier day.\n")
    assert workplace.c360("generate", **without_soda).code == 0
    assert list(files.iterdir()) == []
    rows = workplace.c360("coverage", "--json", **without_soda).json
    assert {row["soda scan"] for row in rows if row["gate"] == "row quarantined" and row["dbt"] != ""} >= {
        "not here: Soda is off in c360.toml"
    }
    assert all(all(row.values()) for row in rows) and "check" not in {row["soda scan"] for row in rows}
