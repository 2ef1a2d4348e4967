"""What a field must hold: what a server may make of a value without it being another, and what text can not do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.catalogue.entities import qualified, simple
from c360.catalogue.values import Columns, Ref, Refs, Same, Tags, Text, markdown, plain

TEAM = {"id": "1", "type": "team", "name": "makers", "fullyQualifiedName": "makers"}


def test_text_of_a_contract_is_shown_and_does_nothing() -> None:
    said = "<script>x</script> <#E::user::a> [a](b) ![c](d) \u202e\x07\nnext"
    assert markdown(said) == ("&lt;script&gt;x&lt;/script&gt; &lt;#E::user::a&gt; \\[a](b) !\\[c](d) \nnext")


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("a@b.c", "a&#64;b.c"),
        ("1 + 1 = 2", "1 &#43; 1 &#61; 2"),
        ("{{ x }}", "{<!-- -->{ x }}"),
        ('it\'s "so"', "it&#39;s &#34;so&#34;"),
        ("a < b & c", "a &lt; b &amp; c"),
        (" padded ", "padded"),
    ],
)
def test_what_the_servers_sanitizer_writes_otherwise_is_the_same(sent: str, stored: str) -> None:
    assert Text(sent).matches(stored)
    assert not Text(f"{sent}!").matches(stored)


@given(st.text(), st.text())
def test_two_texts_are_not_held_for_one(one: str, other: str) -> None:
    assert Text(one).matches(markdown(one))
    assert Text(one).matches(markdown(other)) == (plain(markdown(one)) == plain(markdown(other)))


def test_owners_are_those_of_the_contract_alone() -> None:
    refs = Refs((Ref("team", "makers"),))
    other = {"id": "2", "type": "user", "name": "me"}
    assert refs.matches([TEAM]) and not refs.matches([TEAM, other]) and not refs.matches(None)
    assert refs.matches([TEAM, other | {"inherited": True}])
    assert refs.sent([other], lambda ref: "7") == [{"id": "7", "type": "team"}]


def test_data_products_of_others_stay() -> None:
    refs = Refs((Ref("dataProduct", "p"),), only=False)
    other = {"id": "2", "type": "dataProduct", "fullyQualifiedName": "q"}
    assert not refs.matches([other])
    assert refs.sent([other], lambda ref: "7") == [
        {"id": "2", "type": "dataProduct"}, {"id": "7", "type": "dataProduct"},
    ]  # fmt: skip


def test_tags_of_others_stay() -> None:
    theirs = {"tagFQN": "PII.Sensitive", "source": "Classification"}
    near = {"tagFQN": "Ours2.x", "source": "Classification"}
    old = {"tagFQN": "Ours.old", "source": "Classification"}
    tags = Tags("Ours", ("Ours.new",), ("Ours.Word",))
    assert not tags.matches([theirs, old])
    sent = tags.sent([theirs, near, old], lambda ref: "")
    assert sent[:2] == [theirs, near]
    assert [(t["source"], t["tagFQN"]) for t in sent[2:]] == [("Classification", "Ours.new"), ("Glossary", "Ours.Word")]
    assert tags.matches(sent)


def test_a_tag_that_was_refused_keeps_no_other_away() -> None:
    tags = Tags("Ours", ("Ours.pii",), ("Ours.Word", "Ours.word"))
    assert tags.among({Ref("tag", "Ours.pii"), Ref("glossaryTerm", "Ours.word")}) == Tags(
        "Ours", ("Ours.pii",), ("Ours.word",)
    )


def test_labels_that_the_server_derives_count_for_nothing() -> None:
    derived = {"tagFQN": "Ours.pii", "source": "Classification", "labelType": "Derived"}
    assert Tags("Ours").matches([derived])
    assert Tags("Ours").sent([derived], lambda ref: "") == []


def test_of_a_mapping_what_is_named_counts() -> None:
    assert Same({"a": {"b": 1}}).matches({"a": {"b": 1, "c": 2}, "d": 3})
    assert not Same({"a": {"b": 1}}).matches({"a": {"b": 2}})
    assert not Same({"a": 1, "b": 2}).matches({"a": 1, "b": 3})


def test_columns_of_a_contract_are_told_apart_by_what_the_server_reads() -> None:
    columns = Columns(({"name": "a", "dataType": "INT", "description": "x", "constraint": "NOT_NULL"},))
    same = {"name": "a", "dataType": "INT", "description": "x", "constraint": "NOT_NULL", "ordinalPosition": 1}
    assert columns.matches([same])
    for change in ({"dataType": "TEXT"}, {"description": "y"}, {"constraint": None}, {"name": "b"}):
        assert not columns.matches([same | change])
    assert not columns.matches([same, same]) and not columns.matches(None)


@given(st.lists(st.text(min_size=1), min_size=1))
def test_names_are_what_the_server_takes(parts: list[str]) -> None:
    for part in parts:
        name = simple(part)
        assert name and len(name) <= 200 and "::" not in name and not set('"<>|\n') & set(name)
    assert qualified("a.b", "c") == '"a.b".c'
