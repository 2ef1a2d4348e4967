"""Contract pages: what a breach does, addresses that lead somewhere, text that stays text, lists that stay light."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from c360.clause.description import consequence
from c360.contract.load import find_contracts
from c360.pages import address, renderer, write_list
from c360.project import open_project
from c360.publish.pages import Told, page_name, versions_of, write_pages

ROOT = Path(__file__).parents[3]
HOSTILE = '"><script>alert(1)</script>{{ 7 * 7 }}'


@pytest.fixture(scope="module")
def contracts():
    return find_contracts(ROOT / "contracts")


def does(contracts, clause_id):
    for contract in contracts:
        for dataset in contract.datasets:
            for clause in dataset.clauses:
                if clause.id == clause_id:
                    return consequence(contract, dataset, clause)[0]
    raise AssertionError(clause_id)


@pytest.mark.parametrize(
    ("clause", "word"),
    [("contacts.mail.required", "quarantine"), ("contacts.id.physicalType", "quarantine"),
     ("contacts.freshness", "refuse"), ("contacts.id.present", "refuse"), ("contacts.gender.present", "warn"),
     ("contacts.volume_anomalies", "warn"), ("contacts.mail.classification", "lint"),
     ("customers.age.minimum", "fail")],
)  # fmt: skip
def test_what_a_breach_does(contracts, clause, word):
    assert does(contracts, clause) == word


def test_a_breach_of_what_a_partner_gets_refuses_the_bundle(contracts):
    partners = [replace(contract, layer="partners") for contract in contracts]
    assert does(partners, "customers.age.minimum") == "refuse"


@pytest.mark.parametrize(
    ("written", "leads"),
    [("https://a.example/x", True), ("HTTP://a.example", True), ("mailto:a@a.example", True),
     ("javascript:alert(1)", False), ("java\tscript:alert(1)", False), ("\x01javascript:alert(1)", False),
     ("data:text/html,x", False), ("//a.example", False), ("", False), (None, False), ({"a": 1}, False)],
)  # fmt: skip
def test_only_addresses_of_the_web_and_of_mail_lead_somewhere(written, leads):
    assert bool(address(written)) is leads


def test_text_of_a_contract_is_text(contracts, tmp_path):
    """In every place that a page shows: each text of the document is replaced."""

    def hostile(value):
        if isinstance(value, dict):
            return {key: hostile(inner) for key, inner in value.items()}
        return [hostile(inner) for inner in value] if isinstance(value, list) else HOSTILE

    contract = contracts[0]
    said = {key: hostile(value) for key, value in contract.document.items() if key != "schema"}
    said |= {
        "support": [{"channel": HOSTILE, "url": "javascript:alert(1)"}, "text"],
        "authoritativeDefinitions": [{"type": HOSTILE, "url": "data:text/html,x"}],
        "tags": HOSTILE, "slaProperties": [{"property": HOSTILE, "value": [HOSTILE]}],
    }  # fmt: skip
    dataset = contract.datasets[0]
    clauses = tuple(replace(clause, description=HOSTILE) for clause in dataset.clauses)
    columns = tuple(replace(column, description=HOSTILE) for column in dataset.columns)
    part = replace(dataset, description=HOSTILE, clauses=clauses, columns=columns)
    told = replace(contract, team=HOSTILE, status=HOSTILE, document=said, datasets=(part,))
    assert write_pages([told], tmp_path / "pages") == 1
    page = (tmp_path / "pages" / page_name(told)).read_text(encoding="utf-8")
    assert page.count("alert(1)") > len(columns) + len(clauses) and "{{ 7 * 7 }}" in page
    for text in (page, (tmp_path / "pages/index.html").read_text(encoding="utf-8")):
        assert "<script" not in text and "javascript:" not in text and "data:text" not in text
        assert "script-src 'none'" in text


def test_versions_with_what_changes_between_them():
    project = open_project(ROOT / "contracts")
    found = versions_of(project, date(2026, 3, 1))
    (customers,) = (versions for versions in found.values() if versions[0].contract.name == "customers")
    assert [(v.contract.version, v.file) for v in customers] == [
        ("2.0.0", "customers-2.0.0.html"), ("1.1.0", "customers-1.1.0.html"), ("1.0.0", ""),
    ]  # fmt: skip
    assert [v.step and v.step.diff.old.version for v in customers] == ["1.1.0", "1.0.0", None]
    assert customers[1].ends == date(2030, 12, 31)


def test_a_page_has_room_for_so_many_changes_and_says_how_many_more(monkeypatch, tmp_path):
    project = open_project(ROOT / "contracts")
    monkeypatch.setattr("c360.publish.pages._SHOWN", 12)
    found = versions_of(project, date(2026, 3, 1))
    write_pages(project.catalog.contracts, tmp_path / "pages", Told(found))
    text = (tmp_path / "pages/customers-1.1.0.html").read_text(encoding="utf-8")
    assert "14 changes" in text and "13 more, none worse" in text


def test_long_lists_are_several_light_pages_that_lead_to_each_other(tmp_path):
    render = renderer()

    def page(**values):
        return render("versions.html", count=900, owners={}, until=None, **values)

    items = [(f"c{n}", f"<tr><td>{n} {'x' * 300}</td></tr>") for n in range(900)]
    write_list(tmp_path, "index", items, page)
    files = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert files.keys() == {"index.html", "index-2.html", "index-3.html", "index-4.html"}
    assert max(len(text.encode()) for text in files.values()) < 100_000
    shown = [
        int(n)
        for name in sorted(files, key=lambda name: (len(name), name))
        for n in re.findall(r"<td>(\d+) x", files[name])
    ]
    assert shown == list(range(900)), "each once, in order"
    assert 'href="index-2.html"' in files["index.html"] and "c0 to c" in files["index-3.html"]
    write_list(tmp_path, "none", [], page)
    assert (tmp_path / "none.html").is_file()


def test_every_clause_of_every_contract_has_a_sentence_about_its_breach(contracts):
    effects = {
        consequence(contract, dataset, clause)
        for contract in contracts
        for dataset in contract.datasets
        for clause in dataset.clauses
    }
    assert all(isinstance(word, str) and sentence.endswith(".") for word, sentence in effects)
    assert {word for word, _ in effects} == {"refuse", "quarantine", "fail", "warn", "lint", "nothing"}
