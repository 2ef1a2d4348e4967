"""A text that is somebody's wherever it stands is found in every spelling; what may be anything is not looked for."""

import html
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.forget.identifying import in_bytes, in_text, is_identifying


@pytest.mark.parametrize(
    ("text", "telling"),
    [
        ("00000000-0000-4000-8000-000000000001", True),
        ("00315000003FsRtAAK", True),
        ("jane@example.com", True),
        ("Jane Citizen", True),
        ("0400000000", True),
        ("7", False),
        ("123456789", False),
        ("Elizabeth", False),
        ("customers", False),
        ("2026-03-01", False),
        ("2026-03-01 12:00:00.123456", False),
        ("", False),
    ],
)
def test_what_tells_of_somebody(text, telling):
    assert is_identifying(text) is telling


def test_a_short_one_must_stand_for_itself():
    assert in_text(["Person 1"]).sub("***", "person 1, Person 12, xPerson 1") == "***, Person 12, xPerson 1"
    assert not in_bytes(["Person 1"]).search(b"Person 12") and in_bytes(["Person 1"]).search(rb'"\nPerson 1"')
    assert in_text([]).search("anything") is None and in_bytes([]).search(b"anything") is None


@given(st.text(min_size=20, max_size=60), st.sampled_from([str, json.dumps, html.escape]))
def test_a_long_one_is_found_as_files_spell_it(text, spelled):
    assert in_bytes([text]).search(f"before{spelled(text)}after".encode("utf-8", errors="replace"))
