"""The form of deliveries is graded by what the gate makes of it."""

from typing import Any

import pytest

from governance.tests.compat.examples import CONTRACT, compared, edited

BREAK, SAFE, SPELLED = "form-changed", "form-widened", "respelled"
SEMICOLON = {"delimiter": ";"}


def said(contract: Any = None, table: Any = None) -> dict[str, Any]:
    """The contract with a form for all its tables, and one for the table of orders."""
    forms = {"customProperties.+": contract, "schema.0.customProperties.+": table}
    return edited(*(
        (place, {"property": "delivery", "value": form}) for place, form in forms.items() if form is not None
    ))  # fmt: skip


def told(old: dict[str, Any], new: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    return {(c.rule.name, c.consumers, c.producers, c.step.label) for c in compared(old, new).changes}


@pytest.mark.parametrize("form", [
    SEMICOLON, {"decimal": ","}, {"dateFormat": "dd.MM.yyyy"}, {"nullValues": ["NA"]}, {"encoding": "latin-1"},
    {"quote": "'"}, {"thousands": "'", "aliases": {"No": "id"}}, {"delimiter": 5}, {"what": "x"},
    {"aliases": {"kind": "id"}},
])  # fmt: skip
def test_another_form_breaks_producers_only(form):
    assert told(CONTRACT, said(table=form)) == {(BREAK, "safe", "break", "major")}
    assert told(said(table=form), CONTRACT) == {(BREAK, "safe", "break", "major")}


def test_the_form_of_a_contract_is_that_of_its_tables():
    changes = compared(CONTRACT, said(SEMICOLON)).changes
    assert [(c.rule.name, c.dataset) for c in changes] == [(BREAK, "orders"), (BREAK, "people")]
    assert told(said(SEMICOLON, {"delimiter": ","}), said(SEMICOLON)) == {(BREAK, "safe", "break", "major")}


@pytest.mark.parametrize("form", [{"aliases": {"No": "id"}}, {"ignoreCase": True}])
def test_more_names_are_safe_and_fewer_are_not(form):
    assert told(CONTRACT, said(form)) == {(SAFE, "safe", "safe", "minor")}
    assert told(said(form), CONTRACT) == {(BREAK, "safe", "break", "major")}


@pytest.mark.parametrize("pair", [
    (CONTRACT, said({"delimiter": ",", "encoding": "UTF8"})),
    (said({"nullValues": ["NA", "-"]}), said({"nullValues": ["-", "NA"]})),
    (said(SEMICOLON), said(SEMICOLON, SEMICOLON)),
    (said({}, SEMICOLON), said(table=SEMICOLON)),
])  # fmt: skip
def test_one_form_in_another_spelling_is_none(pair):
    for old, new in (pair, pair[::-1]):
        assert told(old, new) == {("respelled", "safe", "safe", "none")}
