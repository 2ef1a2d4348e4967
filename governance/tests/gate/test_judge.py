"""What verdicts on clauses and rows mean for a delivery as a whole."""

import pytest

from c360.clause.kinds import FRESHNESS, MINIMUM, PHYSICAL_TYPE, PRIMARY_KEY, RELATIONSHIP, REQUIRED, UNIQUE
from c360.engine.interface import Plan, Verdict
from c360.errors import Breach, CouldNotTell
from c360.gate import judge
from c360.ledger.history import Finding
from c360.model import Clause, Column, Dataset, Relationship


def planned(broken, collapsed=0, quarantined=0, looked=True) -> Plan:
    return Plan("delivered", broken, quarantined, 0, 0, collapsed, collapsed, looked=looked)


NOTHING = planned({})


def clause(kind, argument=True, severity="error") -> Clause:
    return Clause(f"t.n.{kind.name}", "c", "1.0.0", "t", "n", kind, argument, severity)


def dataset(*clauses: Clause, **custom) -> Dataset:
    column = Column("n", "n", "integer", "integer", False, "public", "")
    return Dataset("t", "t", "raw", "", (column,), clauses, (), None, custom=custom)


def told(*clauses: Clause, **measured: float) -> dict[str, Verdict]:
    return {
        c.id: Verdict("failed" if measured.get(c.kind.name) else "passed", measured.get(c.kind.name, 0))
        for c in clauses
    }


required, least, key, unique, typed = (
    clause(REQUIRED), clause(MINIMUM, 0), clause(PRIMARY_KEY, ("n",)), clause(UNIQUE, ("n",)),
    clause(PHYSICAL_TYPE, "integer"),
)  # fmt: skip
fresh = clause(FRESHNESS, 3600)


def test_what_soda_could_not_evaluate_is_not_known_to_hold():
    judge.require(dataset(required, least), told(required, least))
    with pytest.raises(CouldNotTell, match=r"could not evaluate t\.n\.minimum\."):
        judge.require(dataset(required, least), told(required))
    with pytest.raises(CouldNotTell, match=r"could not evaluate t\.n\.required\."):
        judge.require(dataset(required), {required.id: Verdict("errored", None)})


def test_clean_is_what_soda_finds_no_row_in_and_what_it_can_see():
    assert judge.is_clean(dataset(required, key), told(required, key))
    assert not judge.is_clean(dataset(required, key), told(required, key, required=1))
    assert not judge.is_clean(dataset(required, unique), told(required, unique)), "it may stand in raw"


def test_one_finding_a_clause():
    severe, mild = clause(REQUIRED), clause(MINIMUM, 0, "warning")
    described = dataset(severe, mild, fresh)
    found = judge.find(described, told(severe, mild, fresh, required=2, minimum=1), NOTHING, {severe.id: 2, mild.id: 1})
    assert [(f.clause.kind, f.engine, f.outcome, f.rows) for f in found] == [
        (REQUIRED, "soda", "failed", 2),
        (MINIMUM, "soda", "warned", 1),
        (FRESHNESS, "soda", "passed", None),
    ]


def test_soda_and_the_split_have_to_agree():
    with pytest.raises(CouldNotTell, match=r"disagree on t\.n\.required"):
        judge.find(dataset(required), told(required, required=2), NOTHING, {required.id: 1})


@pytest.mark.parametrize(
    ("broken", "judged"),
    [
        (required, planned({required.id: 1}, 1, 1)),
        (required, planned({required.id: 1, typed.id: 1}, 0, 1)),
        (required, planned({}, 0, 0, looked=False)),
        (key, NOTHING),
        (clause(RELATIONSHIP, Relationship(("n",), "t", ("n",))), NOTHING),
    ],
)
def test_but_not_where_they_looked_at_other_rows_or_count_otherwise(broken, judged):
    """Duplicates that collapsed, values without a type, keys and references among the rows themselves."""
    (found, *_) = judge.find(dataset(broken, typed), told(broken, **{broken.kind.name: 2}), judged, {broken.id: 1})
    assert (found.outcome, found.rows) == ("failed", 1)


@pytest.mark.parametrize(
    ("lost", "delivered", "custom", "refused"),
    [
        (2, 10, {}, False), (3, 10, {}, True), (0, 0, {}, False),
        (6, 10, {"maxQuarantineRatio": "0.6"}, False), (1, 10, {"maxQuarantineRatio": 0}, True),
    ],
)  # fmt: skip
def test_too_many_rows_refuse_all_of_it(lost, delivered, custom, refused):
    reasons = judge.reasons(dataset(**custom), [], lost, delivered, {"t.a": 1, "t.b": 2, "t.c": 0})
    assert bool(reasons) == refused
    if refused:
        assert reasons[0].startswith(f"{lost} of {delivered} rows break clauses (t.b 2, t.a 1), more than ")


def test_a_ratio_that_is_none():
    with pytest.raises(Breach, match="maxQuarantineRatio of t is no number"):
        judge.reasons(dataset(maxQuarantineRatio="few"), [], 1, 2, {})


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (7200.0, "newest row is 2 hours old; 1 hour is promised"),
        (-1.0, "no row tells when it was loaded"),
        (None, ""),
    ],
)
def test_a_stale_delivery_is_told_how_old(measured, words):
    (reason,) = judge.reasons(dataset(fresh), [Finding(fresh, "soda", "failed", measured)], 0, 10, {})
    assert reason == f"it breaks t.n.freshness{': ' * bool(words)}{words}"
