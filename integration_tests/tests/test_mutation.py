"""Every clause kind is broken and caught at every enforcement point; a clause kind without mutations fails here."""

import sys
from collections import defaultdict
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from mutation.generated import generated
from mutation.mutations import MUTATIONS, POINTS
from mutation.suite import run
from mutation.worlds import CONTRACTS

from c360.clause.kinds import KINDS
from c360.clause.operators import OPERATORS
from c360.clause.rules import METRICS
from c360.contract import find_contracts

MEASURED = {kind for kind in KINDS.values() if kind.measure or kind.violation}
"""What only the gate can hold is broken in test_bad_input.py (readable) and test_gate_keys.py (conflict)."""
CLAUSES = {c.id: c for contract in find_contracts(CONTRACTS) for dataset in contract.datasets for c in dataset.clauses}


def broken_clauses():
    return {clause for mutation in MUTATIONS for point in POINTS for clause in mutation.expected(point)}


def test_every_mutation_names_clauses_that_there_are():
    assert broken_clauses() <= CLAUSES.keys()


def test_every_clause_kind_has_a_mutation():
    assert {CLAUSES[clause].kind for clause in broken_clauses()} == MEASURED


def test_every_operator_is_broken():
    rules = [CLAUSES[c].argument for c in broken_clauses() if CLAUSES[c].kind.name in METRICS]
    assert {rule.operator.name for rule in rules} == set(OPERATORS)
    assert {rule.unit for rule in rules} == {"rows", "percent"}


def test_there_are_as_many_mutations_as_were_asked_for():
    assert sum(not m.legal for m in MUTATIONS) >= 63
    assert sum(m.legal for m in MUTATIONS) >= 6


def one_of_each():
    """Two mutations of every kind of clause, and the legal changes that are not merely clean data."""
    chosen, seen = [], defaultdict(int)
    for mutation in MUTATIONS:
        kinds = {CLAUSES[c].kind for c in mutation.expected("verify")}
        if mutation.legal or any(seen[kind] < 2 for kind in kinds):
            chosen.append(mutation)
            for kind in kinds:
                seen[kind] += 1
    return [m for m in chosen if m.name != "clean"]


def test_the_breakers_break_every_kind_but_some_that_rows_break_together():
    broken = {CLAUSES[clause].kind for m in generated() for point in POINTS for clause in m.expected(point)}
    assert {kind.name for kind in MEASURED - broken} == {"sql", "rowRule"} - {kind.name for kind in broken}
    assert all(f"generated for {clause}" for m in generated() for clause in m.clauses)


@pytest.mark.parametrize("point", ["soda", "ingest", "verify"])
def test_what_the_breakers_break_is_killed(database, tmp_path, point):
    kinds = defaultdict(list)
    for mutation in generated():
        kinds[CLAUSES[mutation.name.removeprefix("generated for ")].kind].append(mutation)
    some = (
        [mutations[0] for mutations in kinds.values()]
        if point != "ingest"
        else [m for ms in kinds.values() for m in ms[:3]]
    )
    verdicts = run(some, database, tmp_path, [point])
    assert [f"{v.mutation.dataset}: {v.mutation.name}: {v.outcome} {v.detail}" for v in verdicts if not v.good] == []


@pytest.mark.parametrize("point", POINTS)
def test_mutations_are_killed_and_nothing_else_alarms(database, tmp_path, point):
    some = one_of_each()
    if point == "dbt":  # the whole suite runs in `make mutation`
        some = some[::3]
    verdicts = run(some, database, tmp_path, [point])
    assert [f"{v.mutation.dataset}: {v.mutation.name}: {v.outcome} {v.detail}" for v in verdicts if not v.good] == []
