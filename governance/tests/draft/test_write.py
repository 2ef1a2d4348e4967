"""The text of a draft: what is in comments stays there, and what is in the document comes back."""

from pathlib import Path

import pytest

from c360.contract.document import read_document
from c360.draft.write import Draft, Property, Table, as_yaml


@pytest.mark.parametrize("told", ["a\nevil: 1", "a\revil: 1", "a\x85evil: 1", "a\u2028evil: 1", "x" * 300, "x y " * 90])
def test_a_comment_ends_where_it_should(told: str) -> None:
    column = Property({"name": "id", "classification": "public"}, (told,))
    draft = Draft({"name": "t"}, (Table({"name": "t"}, (column,)),), (told,))
    document = read_document(Path("draft"), as_yaml(draft))
    assert document == {"name": "t", "schema": [{"name": "t", "properties": [column.document]}]}


@pytest.mark.parametrize("text", ["a\nb", "a: b", "# a", "- a", "'", '"', "{{ x }}", "\u2028", "é", "yes", "1"])
def test_any_text_comes_back(text: str) -> None:
    column = Property({"name": text, "description": text})
    table = Table({"name": text, "quality": [{"id": text}]}, (column,))
    draft = Draft({"name": text, "slaProperties": [{"property": text}]}, (table,), proposals=({"x": text},))
    document = read_document(Path("draft"), as_yaml(draft))
    assert document == {
        "name": text,
        "schema": [{"name": text, "properties": [column.document], "quality": [{"id": text}]}],
        "slaProperties": [{"property": text}],
    }
