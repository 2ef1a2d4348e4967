"""The coverage table is read off what is generated: every clause has a word for every point, and gaps show."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from c360.cli import main
from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.coverage import POINTS, cover
from c360.generate import plan, soda, target_of
from c360.settings import load

ROOT = Path(__file__).parents[2]
OURS = target_of(load({"C360_ROOT": str(ROOT)}))


@pytest.fixture(scope="module")
def catalog():
    return Catalog.of(find_contracts(ROOT / "contracts"))


def test_every_clause_has_a_word_at_every_point(catalog):
    rows = cover(catalog, OURS)
    assert set(rows) == {clause.id for _, dataset in catalog.pairs() for clause in dataset.clauses}
    assert [(clause, point) for clause, cells in rows.items() for point in POINTS if not cells[point]] == []


def test_words_are_those_of_the_engines(catalog):
    rows = cover(catalog, OURS)
    assert rows["transactions.contact_id.relationship"]["dbt"] == "relationships"
    assert rows["transactions.contact_id.relationship"]["verify"] == "sql"
    assert rows["transactions.freshness"]["dbt"] == "source freshness"
    assert rows["transactions.freshness"]["gate"] == "delivery refused"
    assert rows["customers.age.minimum"]["gate"].startswith("not here: ")
    assert rows["contacts.mail.classification"]["lint"] == "checked"


def test_a_check_that_is_not_generated_leaves_a_blank(catalog, monkeypatch, capsys):
    real = soda.render
    lost = "transactions.amount.minimum"
    monkeypatch.setattr(soda, "render", lambda *a: real(*a).replace(f"name: {lost}\n", "name: other\n"))
    assert cover(catalog, OURS)[lost]["soda scan"] == ""
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as stopped:
        main(["coverage", "--json"])
    assert stopped.value.code == 1
    assert any(row["clause"] == lost for row in json.loads(capsys.readouterr().out))


def test_what_elementary_would_do_is_left_out_where_it_is_off(catalog):
    off = replace(OURS, elementary=False)
    files = plan(catalog, off)
    assert not any("elementary" in text for text in files.values())
    assert not any(path.startswith(off.gate) for path in files)
    assert cover(catalog, off)["transactions.volume_anomalies"]["dbt"] == "not here: Elementary is off in c360.toml"
    assert all(cell for cells in cover(catalog, off).values() for cell in cells.values())
