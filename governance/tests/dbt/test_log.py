"""What a database quotes of data is left out of what dbt says; the names that help to mend it stay."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.dbt import log
from c360.dbt.log import without_values

SECRET = "Zebedee-4711"
SAYINGS = [
    'invalid input syntax for type uuid: "%s"',
    'date/time field value out of range: "%s"\nLINE 3: select x',
    'duplicate key value violates unique constraint "customers_id"\n  DETAIL:  Key (name)=(%s) already exists.',
    'null value in column "id" of relation "customers"\n'
    "  DETAIL:  Failing row contains (%s).\n  compiled code at a/b.sql",
    'invalid input syntax for type json\nDETAIL:  Token "x" is invalid.\nCONTEXT:  JSON data, line 1: %s...',
]


@pytest.mark.parametrize("said", SAYINGS)
@given(before=st.text('"\n aé:'), after=st.text('"\n aé:'))
def test_no_value_is_told_whatever_it_holds(said, before, after):
    value = f"{before}{SECRET}{after}"
    assert SECRET not in without_values(said % value)


@pytest.mark.parametrize("trick", ['"column "', 'x" DETAIL: ', "\n  compiled code at ", '" of relation "', 'type "'])
@pytest.mark.parametrize("said", SAYINGS)
def test_no_value_passes_for_a_name(said, trick):
    assert SECRET not in without_values(said % f"{trick}{SECRET} y")


def test_names_and_places_stay():
    said = without_values(SAYINGS[3] % SECRET)
    assert 'column "id" of relation "customers"' in said and said.endswith("compiled code at a/b.sql")
    assert without_values('relation "raw.contacts" does not exist') == 'relation "raw.contacts" does not exist'


def test_the_examples_hold():
    assert doctest.testmod(log).failed == 0
