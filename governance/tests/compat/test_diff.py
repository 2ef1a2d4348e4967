"""The whole comparison: nothing is silent, it is its own mirror, and the version has to move as far as the worst."""

import json
from copy import deepcopy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from c360.compat.changes import brief
from c360.compat.diff import step_between
from c360.compat.grades import Step
from c360.contract import load_contract
from c360.errors import Breach, CouldNotTell
from governance.tests.compat.examples import CONTRACT, GONE, compared, edited, rules

AMOUNT = "schema.0.properties.3"
SAFE, BREAK, TIGHTER = [("description.purpose", "x")], [(AMOUNT, GONE)], [(AMOUNT + ".required", True)]
ADDED = [("schema.0.properties.+", {"name": "more", "physicalType": "text"})]


@pytest.mark.parametrize(
    ("edit", "layer", "needed"),
    [
        (SAFE, "sources", Step.PATCH), (ADDED, "sources", Step.MINOR), (BREAK, "sources", Step.MAJOR),
        (TIGHTER, "sources", Step.MAJOR), (TIGHTER, "products", Step.MINOR), (BREAK, "products", Step.MAJOR),
        ([*SAFE, *ADDED], "sources", Step.MINOR), ([*ADDED, *SAFE, *BREAK], "sources", Step.MAJOR),
        ([], "sources", Step.NONE),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("version", "given"),
    [("1.0.0", Step.NONE), ("1.0.1", Step.PATCH), ("1.1.0", Step.MINOR), ("1.10.3", Step.MINOR), ("2.0.0", Step.MAJOR)],
)
def test_the_version_moves_as_far_as_the_worst_change(edit, layer, needed, version, given):
    found = compared(CONTRACT, edited(*edit, ("version", version)), layer)
    assert (found.needed, found.given) == (needed, given)
    assert found.enough is (given >= needed)


@pytest.mark.parametrize(
    ("edit", "old", "lowest"),
    [(SAFE, "1.2.3", "1.2.4"), (ADDED, "1.2.3", "1.3.0"), (BREAK, "1.2.3", "2.0.0"), (BREAK, "0.2.3", "0.3.0"),
     ([], "1.2.3", "1.2.3"), ([("status", "retired")], "1.2.3", "")],
)  # fmt: skip
def test_the_lowest_version_that_will_do(edit, old, lowest):
    assert compared(edited(("version", old)), edited(("version", old), *edit)).lowest == lowest


def test_what_the_first_release_called_sound():
    new = edited((AMOUNT, GONE), ("schema.0.properties.2.enum.2", GONE), ("version", "1.0.1"),
                 ("schema.0.properties.1.physicalType", "varchar(9)"))  # fmt: skip
    found = compared(CONTRACT, new)
    broken = [c.rule.name for c in found.changes if c.step is Step.MAJOR]
    assert broken == ["type-narrowed", "column-removed", "enum-value-removed"]
    assert found.needed is Step.MAJOR and not found.enough


def test_a_draft_may_be_rewritten_in_place():
    draft = edited(("status", "draft"))
    assert compared(draft, edited(*BREAK, base=draft)).enough
    assert compared(draft, edited(*BREAK, ("status", "active"), base=draft)).enough
    assert not compared(draft, edited(*BREAK, ("version", "1.0.1"), base=draft)).enough


def test_before_the_first_stable_version_a_break_is_a_minor_step():
    old = edited(("version", "0.3.0"))
    assert compared(old, edited(*BREAK, ("version", "0.4.0"))).enough
    assert not compared(old, edited(*BREAK, ("version", "0.3.1"))).enough


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [
        ("1.0.0", "1.0.0", Step.NONE), ("1.2.0", "1.10.0", Step.MINOR), ("1.9.9", "2.0.0", Step.MAJOR),
        ("2.0.0", "1.0.0", Step.NONE), ("1.0.0", "1.0.0-rc.1", Step.NONE), ("2.0.0-rc.1", "2.0.0", Step.MAJOR),
        ("1.0.0-rc.2", "1.0.0-rc.10", Step.MAJOR), ("1.0.0", "1.0.1-beta", Step.PATCH),
        ("1.0.0+a", "1.0.0+b", Step.NONE),
    ],
)  # fmt: skip
def test_steps_are_those_of_semver(old, new, step):
    assert step_between(old, new) is step


def test_a_contract_differs_in_nothing_from_itself():
    nan = edited(("customProperties.3.value", float("nan")))
    assert rules(CONTRACT, deepcopy(CONTRACT)) == []
    assert rules(nan, deepcopy(nan)) == []


def places(node, way=()):
    if isinstance(node, dict):
        for key, inner in node.items():
            yield (*way, key)
            yield from places(inner, (*way, key))
    elif isinstance(node, list):
        for i, inner in enumerate(node):
            yield (*way, str(i))
            yield from places(inner, (*way, str(i)))


OF_THE_FILE = {("kind",), ("schema",)}
PLACES = sorted(".".join(place) for place in places(CONTRACT) if place not in OF_THE_FILE)
VALUES = st.one_of(
    st.just(GONE), st.none(), st.booleans(), st.integers(-3, 200), st.floats(), st.text(max_size=5),
    st.sampled_from(["active", "retired", "integer", "text", "2 d", "1.0.0", "people.id", [], {}, [None], ["buyer"],
                     {"value": 1}, [{"value": "a"}], [{"property": "identity", "value": ["id"]}]]),
)  # fmt: skip


def readable(document):
    try:
        return load_contract(compared(CONTRACT, CONTRACT).new.path, None, document)
    except Breach:
        return None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=2))
@example([("servers.0.environment", GONE), ("servers.0.host", GONE)])
def test_no_edit_is_silent_and_every_one_is_its_own_mirror(edits):
    try:
        new = edited(*edits)
    except (IndexError, KeyError, TypeError, ValueError):  # an edit inside what another one took away
        return
    if readable(new) is None:
        return
    try:
        forth, back = compared(CONTRACT, new).changes, compared(new, CONTRACT).changes
    except CouldNotTell:  # of a shape that is no contract's
        return
    same = json.dumps(new, sort_keys=True) == json.dumps(CONTRACT, sort_keys=True)
    assert bool(forth) is bool(back) is not same
    lives = {"status", "sunset"}  # has rules of its own, in one direction each
    assert sorted(c.rule.mirror for c in forth if c.place not in lives) == sorted(
        c.rule.name if c.rule.name != "required-column-added" else "column-added" for c in back if c.place not in lives
    )


def test_every_key_of_the_standard_is_told():
    """Each key that a contract, table, column, rule, server … may have, with a value of its own."""
    for place in ("", "description.", "servers.0.", "price.", "customProperties.0.", "schema.0.",
                  f"{AMOUNT}.", f"{AMOUNT}.quality.0.", "schema.0.properties.2.enum.0.", "slaProperties.0.",
                  "schema.0.properties.1.relationships.0.", f"{AMOUNT}.logicalTypeOptions."):  # fmt: skip
        assert rules(CONTRACT, edited((f"{place}surprise", {"a": [1]}))) == ["noted"], place
    for place in ("team.", "support.0."):
        assert rules(CONTRACT, edited((f"{place}surprise", {"a": [1]}))) == ["owner-changed"]


def test_examples_are_not_told():
    told = compared(CONTRACT, edited(("schema.0.properties.1.examples", ["x@example.com"]))).changes
    assert [(c.place, c.old, c.new) for c in told] == [("orders.buyer.examples", "", "")]
    assert "somebody" not in brief(CONTRACT["schema"][0]["properties"])


def test_a_rule_is_told_by_what_it_measures():
    (told,) = compared(CONTRACT, edited(("schema.0.quality.0", GONE))).changes
    assert (told.place, told.old, told.new) == ("orders.quality.not_empty", "rowCount mustBeGreaterThan 0", "")


def test_a_change_tells_of_its_column():
    (told,) = compared(CONTRACT, edited(("schema.0.properties.1.classification", "public"))).changes
    assert (told.place, told.dataset, told.column) == ("orders.buyer.classification", "orders", "buyer")
    assert told.classification == "pii_direct", "the more closed of the two"
