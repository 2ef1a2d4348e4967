"""What `c360 fake` says of its deliveries is what the gate makes of them, for contracts of every kind."""

import json
import shutil
from pathlib import Path

import pytest

from c360.contract import find_contracts

ROOT = Path(__file__).parents[2]
CONTRACTS = {
    "ours": "contracts",
    "foreign": "integration_tests/foreign/contracts",
    "scaffold": "governance/src/c360/scaffold/example/contracts",
    "mutation": "integration_tests/mutation/contracts",
}
NOT_AIMED_AT = {"rules"}
"""The average that its SQL wants is not aimed at."""
NOW = "2026-03-01T12:00:00Z"


@pytest.fixture
def folder(request, workplace, tmp_path):
    """The contracts, in a folder where no project's rules of style hold; nothing was ever delivered of them."""
    copy = tmp_path / "elsewhere" / "contracts"
    shutil.copytree(ROOT / CONTRACTS[request.param], copy)
    for schema in {dataset.schema for contract in find_contracts(copy) for dataset in contract.datasets}:
        workplace.sql(f'drop schema if exists "{schema}" cascade')
    return copy


def make(workplace, folder, *arguments):
    out = workplace.folder / "made"
    made = workplace.c360("fake", "--contracts", folder, "--now", NOW, "--out", out, *arguments)
    assert made.code == 0, made.err
    lines = made.out.splitlines()
    return out, [line.split(":")[0] for line in lines if " rows" in line and not line.startswith(" ")]


def quarantine(workplace, dataset):
    found = workplace.sql("select row_number, clauses from quarantine.rows where dataset = %s order by 1", dataset)
    return [(number, sorted(clauses)) for number, clauses in found]


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("folder", CONTRACTS, indirect=True)
def test_the_gate_takes_every_row_of_a_clean_delivery(workplace, folder, form):
    out, names = make(workplace, folder, "--format", form, "--rows", "300")
    assert names
    for name in names:
        answer = workplace.ingest(name, out / f"{name}.{form}", contracts=folder)
        if name in NOT_AIMED_AT:
            assert "average" in answer.only["reason"]
            continue
        assert answer.code == 0, (name, answer.err, quarantine(workplace, name))
        assert answer.only["promoted"] == answer.only["delivered"] > 0, (name, quarantine(workplace, name))
        assert not {clause for clause, outcome in answer.only["clauses"].items() if outcome != "passed"}, name


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("folder", CONTRACTS, indirect=True)
def test_the_gate_finds_each_planted_defect_and_nothing_else(workplace, folder, form):
    out, names = make(workplace, folder, "--format", form, "--defects")
    told = json.loads((out / "defects.json").read_text())
    assert list(told) == names
    for name, account in told.items():
        if name in NOT_AIMED_AT:
            continue
        answer = workplace.ingest(name, out / account["file"], contracts=folder)
        assert answer.code == 0, (name, answer.err)
        lost = [(d["row"], d["clauses"]) for d in account["defects"] if d["outcome"] == "quarantined"]
        assert quarantine(workplace, name) == lost, name
        found = {key: answer.only[key] for key in ("delivered", "promoted", "quarantined", "duplicates")}
        assert found == {"delivered": account["rows"], **{key: account[key] for key in list(found)[1:]}}, name
        warned = [clause for d in account["defects"] for clause in d["clauses"]]
        assert {clause: warned.count(clause) for clause in warned} == answer.only["rows_by_clause"], name
        for whole in account["whole"]:
            answer = workplace.ingest(name, out / whole["file"], contracts=folder)
            assert answer.only["outcome"] == ("refused" if whole["outcome"] == "refused" else "accepted"), whole
            outcomes = {"failed", "warned"} - ({"warned"} if whole["outcome"] == "refused" else set())
            broken = {c for c, outcome in answer.only["clauses"].items() if outcome in outcomes}
            assert broken - answer.only["rows_by_clause"].keys() == set(whole["breaks"]), whole
