"""What generated files call comes with them, whatever the package is called."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.generate import Target, plan
from c360.generate.support import CLAUSES, GATE_CLAUSE, support

EXPECTED = Path(__file__).parents[1] / "expected"
WARD = Target(name="ward", package="warehouse", elementary=True)


def test_what_is_called_is_generated():
    files = plan(Catalog.of(find_contracts(EXPECTED / "contracts")), WARD)
    text = "\n".join(files.values())
    called = set(re.findall(r"\bward\.(\w+)", text)) | set(re.findall(r"dispatch\(\"(\w+)\", \"ward\"", text))
    macros = "\n".join(text for path, text in files.items() if path.startswith("warehouse/macros/contracts/"))
    defined = set(re.findall(r"\{% (?:macro|test) (\w+)\(", macros))
    assert called <= defined and defined >= {*CLAUSES, "gate_clause"}
    assert called >= {"row_clause", "query_clause", "gate_clause", "loaded_at_query", "now_utc", "by_engine"}
    assert "__package__" not in text and "customer360" not in text


def test_what_only_elementary_needs_goes_with_it():
    assert GATE_CLAUSE in support(WARD)
    assert support(replace(WARD, elementary=False)).keys() == support(WARD).keys() - {GATE_CLAUSE}


@pytest.mark.parametrize("name", sorted(support(WARD)))
def test_the_first_line_says_that_hands_stay_off(name):
    first = support(WARD)[name].partition("\n")[0]
    assert first.startswith("{#- Generated from ") and name in first and "c360 generate" in first
