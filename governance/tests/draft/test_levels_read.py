"""A draft is never more open than what it was drafted from: words of other lists, marks of personal data, any depth."""

import json
from pathlib import Path
from typing import Any

import pytest

from c360.contract.classifications import classifications
from c360.contract.document import read_document
from c360.draft.sources import drafts_of
from c360.draft.write import as_yaml

CLOSED = "pii_direct"
WORDS = ["restricted", "Sensitive", "PII", " pii ", "secret", "strictly confidential", "C3", "top-secret", "Personal"]


def drafted(tmp_path: Path, name: str, text: str, levels: list[str] | None = None) -> tuple[dict[str, Any], str]:
    """The columns by name, and the text of the draft."""
    (tmp_path / name).write_text(text)
    (draft,) = drafts_of({tmp_path / name: "given"}, levels or classifications(), {})
    text = as_yaml(draft)
    return {one["name"]: one for one in read_document(Path("draft"), text)["schema"][0]["properties"]}, text


def dcs(fields: dict[str, Any]) -> str:
    info = {"title": "t", "version": "1.0.0"}
    return json.dumps(
        {"dataContractSpecification": "1.2.1", "id": "t", "info": info, "models": {"t": {"fields": fields}}}
    )


def odcs(properties: list[dict[str, Any]], version: str = "v3.0.2") -> str:
    schema = [{"name": "t", "properties": properties}]
    return json.dumps({"apiVersion": version, "kind": "DataContract", "id": "t", "version": "1.0.0", "schema": schema})


def odcs2(columns: list[dict[str, Any]]) -> str:
    return json.dumps(
        {"apiVersion": "v2.2.2", "kind": "DataContract", "uuid": "t", "version": "1.0.0", "datasetName": "t",
         "dataset": [{"table": "t", "columns": columns}]}
    )  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_another_list_is_the_most_closed_level(tmp_path: Path, word: str) -> None:
    column = {"logicalType": "string", "classification": word}
    for text in (
        dcs({"x": {"type": "string", "classification": word}}),
        odcs([{"name": "x", **column}]),
        odcs([{"name": "x", **column}], "v3.2.0"),
        odcs2([{"column": "x", **column}]),
    ):
        found, draft = drafted(tmp_path, "a.yaml", text)
        assert found["x"]["classification"] == CLOSED and "nothing is known" not in draft
        assert repr(word) in draft
    node = {"resource_type": "model", "unique_id": "t", "name": "t",
            "columns": {"x": {"name": "x", "meta": {"classification": word}}}}  # fmt: skip
    assert drafted(tmp_path, "m.json", json.dumps({"nodes": {"t": node}}))[0]["x"]["classification"] == CLOSED


@pytest.mark.parametrize(
    ("word", "level"), [("Internal", "internal"), (" CONFIDENTIAL", "confidential"), ("PII-Indirect", "pii_indirect")]
)
def test_a_word_of_the_project_s_list_is_that_level_in_any_spelling(tmp_path: Path, word: str, level: str) -> None:
    assert drafted(tmp_path, "a.yaml", odcs([{"name": "x", "classification": word}]))[0]["x"]["classification"] == level


def test_a_list_of_one_s_own_has_its_own_most_closed_level(tmp_path: Path) -> None:
    text = odcs([{"name": "a", "classification": "Secret"}, {"name": "b", "classification": "restricted"}])
    found, _ = drafted(tmp_path, "a.yaml", text, ["open", "secret", "sealed"])
    assert (found["a"]["classification"], found["b"]["classification"]) == ("secret", "sealed")


@pytest.mark.parametrize("word", [None, "public", "restricted", "confidential"])
def test_personal_data_is_that_beside_any_classification(tmp_path: Path, word: str | None) -> None:
    said = {"classification": word} if word else {}
    found, _ = drafted(
        tmp_path, "a.yaml", dcs({"x": {"type": "string", "pii": True, **said}, "y": {"type": "string", "pii": False}})
    )
    assert found["x"]["classification"] == CLOSED and found["y"]["classification"] != CLOSED
    marked = {"name": "x", "customProperties": [{"property": "pii", "value": True}], **said}
    assert drafted(tmp_path, "b.yaml", odcs([marked]))[0]["x"]["classification"] == CLOSED


def test_what_is_inside_a_column_closes_it(tmp_path: Path) -> None:
    inner = {
        "type": "object",
        "fields": {"p": {"type": "string", "pii": True}, "q": {"type": "string", "classification": "public"}},
    }
    text = dcs(
        {"x": {"type": "array", "classification": "internal", "items": {"type": "object", "fields": {"y": inner}}}}
    )
    found, _ = drafted(tmp_path, "a.yaml", text)
    parts = found["x"]["items"]["properties"][0]["properties"]
    assert [part.get("classification") for part in parts] == [CLOSED, "public"]
    assert found["x"]["classification"] == CLOSED


@pytest.mark.parametrize("said", [{"meta": {"pii": True}}, {"tags": ["pii"]}, {"config": {"meta": {"contains_pii": "yes"}}},  # noqa: E501
                                  {"config": {"tags": ["PII"]}}, {"meta": {"data_classification": "restricted"}}])  # fmt: skip # noqa: E501
def test_metadata_of_dbt_closes_a_column_or_all_of_a_model(tmp_path: Path, said: dict[str, Any]) -> None:
    for of_column, of_model in ((said, {}), ({}, said)):
        node = {
            "resource_type": "model",
            "unique_id": "t",
            "name": "t",
            "columns": {"x": {"name": "x", **of_column}},
            **of_model,
        }
        assert drafted(tmp_path, "m.json", json.dumps({"nodes": {"t": node}}))[0]["x"]["classification"] == CLOSED


@pytest.mark.parametrize("given", [["restricted"], {"level": "x"}, 7])
def test_a_classification_that_is_no_text_is_the_most_closed(tmp_path: Path, given: Any) -> None:
    columns, _ = drafted(tmp_path, "t.yaml", dcs({"a": {"type": "string", "classification": given}}))
    assert columns["a"]["classification"] == CLOSED


def test_a_mark_that_is_no_flag_is_one(tmp_path: Path) -> None:
    columns, _ = drafted(tmp_path, "t.yaml", dcs({"a": {"type": "string", "pii": "maybe"}, "pii": {"type": "string"}}))
    assert (columns["a"]["classification"], columns["pii"]["classification"]) == (CLOSED, "internal")


@pytest.mark.parametrize("given", [["x", 1, True], ["x", ["y"]], ["x", None, None]])
def test_an_enum_is_kept_whole_or_left_out(tmp_path: Path, given: Any) -> None:
    columns, text = drafted(tmp_path, "t.yaml", dcs({"a": {"type": "string", "enum": given}}))
    kept = [one["value"] for one in columns["a"].get("enum", [])]
    assert kept == ["x", "1", "true"] if given[1] == 1 else (not kept and "models.t.fields.a.enum" in text)


def test_several_wrong_places_in_one_list_are_all_told(tmp_path: Path) -> None:
    _, text = drafted(tmp_path, "t.yaml", dcs({"a": {"type": "string", "tags": [1, "x", 2]}}))
    assert "models.t.fields.a.tags.0" in text and "models.t.fields.a.tags.2" in text
