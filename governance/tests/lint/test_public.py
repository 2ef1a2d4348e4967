"""Contracts as people have them: what the standard allows has no error where the project is not strict, is generated,
and read."""

from pathlib import Path

import pytest

from c360.clause.types import canonical_type
from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.contract.findings import LintRules
from c360.generate.plan import enforceable, plan
from c360.lint.lint import lint
from c360.lint.standard import schema_problems

PUBLIC = sorted((Path(__file__).parent / "public").glob("*.odcs.yaml"))
LENIENT = LintRules(strict=False)


def alone(path: Path, folder: Path) -> Path:
    (folder / path.name).write_text(path.read_text())
    return folder


def lenient(folder: Path) -> Catalog:
    return enforceable(Catalog.of(find_contracts(folder, strict=False)))


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.name.partition(".")[0])
def test_what_the_standard_allows_is_read_and_generated(path, tmp_path):
    folder = alone(path, tmp_path)
    assert [f for f in lint(folder, classifications(), LENIENT) if f.severity == "error"] == []
    catalog = lenient(folder)
    files = plan(catalog)
    assert all(any(dataset.name in name for name in files) for _, dataset in catalog.pairs())


def test_the_set_is_of_all_versions_and_of_some_size():
    texts = [path.read_text() for path in PUBLIC]
    assert len(texts) > 25
    for version in ("v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0"):
        assert any(f"apiVersion: {version}\n" in text for text in texts), version


SAID = {
    "quality_of_every_kind": [
        "invalidValues (not enforced",
        "does not say what is valid",
        "one of a column",
        "quantile_cont",
        "other_table",
    ],
    "relations_that_lead_away": ["people", "accounts", "address_street", "holders"],
    "levels_of_service": ["freshness (not enforced: the unit 'soon'", "names no element", "no engine measures it"],
    "clinic_visits": [
        "physicalType (not enforced: The physical type 'citext' is one of the database's own",
        "mood_enum",
    ],
    "ski_lifts": ["STRUCT", "lat, inside the column", "MAP"],
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_not_enforced_is_a_clause_that_says_why(name, tmp_path):
    catalog = lenient(alone(Path(__file__).parent / "public" / f"{name}.odcs.yaml", tmp_path))
    clauses = [
        clause for _, dataset in catalog.pairs() for clause in dataset.clauses if clause.kind.name == "unenforced"
    ]
    told = "\n".join(f"{clause.kind.describe(clause)}" for clause in clauses)
    for words in SAID[name]:
        assert words in told, told


OLDER = {
    "wind_farm": ["rule: nullCheck is called metric: nullValues with mustBe: 0", "exclusiveMaximum: true is called"],
    "harbour_calls": ["slaDefaultElement is called", "a list of a team's members", "rule: countCheck is called"],
}


@pytest.mark.parametrize("name", OLDER)
def test_older_names_are_read_and_told(name, tmp_path):
    folder = alone(Path(__file__).parent / "public" / f"{name}.odcs.yaml", tmp_path)
    told = [f.message for f in lint(folder, classifications(), LENIENT) if f.rule == "older-name"]
    for words in OLDER[name]:
        assert any(words in message for message in told), told


def test_an_older_name_is_the_clause_that_it_means_today(tmp_path):
    path = Path(__file__).parent / "public" / "wind_farm.odcs.yaml"
    ((_, dataset),) = lenient(alone(path, tmp_path)).pairs()
    kinds = {clause.id: clause.kind.name for clause in dataset.clauses}
    assert kinds["turbines.turbine.nullValues"] == "nullValues"
    assert kinds["turbines.kw.exclusiveMaximum"] == "exclusiveMaximum" and "turbines.kw.maximum" not in kinds


def test_athena_is_asked_for_no_name_of_a_later_version():
    server = {"server": "a", "type": "athena", "schema": "s", "staging_dir": "s3://example-bucket"}
    document = {"apiVersion": "v3.0.1", "kind": "DataContract", "id": "a", "version": "1.0.0", "status": "active"}
    assert list(schema_problems(document | {"servers": [server]})) == []
    assert list(schema_problems(document | {"servers": [server | {"server": 1}]})) != []


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.name.partition(".")[0])
def test_no_value_can_be_lost_without_a_clause_that_tells(path, tmp_path):
    """What is stored as text loses nothing; of any other column a clause says which values it cannot hold."""
    for _, dataset in lenient(alone(path, tmp_path)).pairs():
        told = {clause.column for clause in dataset.clauses if clause.kind.by_value}
        typed = {c.name for c in dataset.columns if canonical_type(c.physical_type or "text") != "text"}
        assert typed - told == set()
