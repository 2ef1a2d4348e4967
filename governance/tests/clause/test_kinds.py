"""The table of kinds has no gaps: what is not measured says why, what rows break is judged, and all have words."""

from pathlib import Path

import pytest

from c360.clause.description import describe
from c360.clause.kinds import CONFLICT, IDENTITY, KINDS, PRIMARY_KEY, READABLE, RELATIONSHIP, UNENFORCED, UNIQUE
from c360.contract import find_contracts

EXPECTED = Path(__file__).parents[1] / "expected" / "contracts"
ALL = pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind is not UNENFORCED], ids=str)


@ALL
def test_it_is_measured_or_says_why_not(kind):
    for point in ("soda scan", "verify"):
        assert bool(kind.measure or kind.violation) is (point not in kind.not_here), point


@ALL
def test_the_gate_judges_what_rows_can_break(kind):
    by_the_gate = (PRIMARY_KEY, UNIQUE, IDENTITY, RELATIONSHIP, CONFLICT, READABLE)
    assert (kind.scope == "row") is (kind.violation is not None or kind in by_the_gate)
    assert not (kind.disputed and kind.violation), "what a row breaks alone is no dispute"


def test_every_clause_is_told_in_words():
    for contract in find_contracts(EXPECTED):
        for clause in (clause for dataset in contract.datasets for clause in dataset.clauses):
            assert " " in describe(clause) and clause.kind.name not in describe(clause), clause.id


def test_a_kind_finds_its_clauses_and_no_other():
    datasets = [dataset for contract in find_contracts(EXPECTED) for dataset in contract.datasets]
    for kind in KINDS.values():
        found = [clause for dataset in datasets for clause in kind.of(dataset)]
        assert found == [clause for dataset in datasets for clause in dataset.clauses if clause.kind.name == kind.name]
