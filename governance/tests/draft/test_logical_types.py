"""Older contracts call logical types as their databases did: a draft has those of the standard."""

import json
from pathlib import Path
from typing import Any

import pytest

from c360.contract.document import read_document
from c360.draft.sources import drafts_of
from c360.draft.write import as_yaml
from c360.lint.lint import lint

LEVELS = ["public", "internal", "confidential", "pii_indirect", "pii_direct"]
CALLED = {
    "double": "number", "String": "string", "INTEGER": "integer", "datetime": "timestamp", "varchar": "string",
    "float": "number", "long": "integer", "decimal": "number", "bytes": "string", "text": "string", "Bool": "boolean",
    "weird": "string", "varchar(20)": "string", "decimal(9,2)": "number", "struct": "object",
    "vector": "array", "Map": "object",
}  # fmt: skip


def contract(version: str, columns: list[dict[str, Any]]) -> dict[str, Any]:
    head = {"apiVersion": version, "kind": "DataContract", "version": "1.0.0", "status": "draft"}
    if version.startswith("v3"):
        return head | {"id": "t", "schema": [{"name": "t", "properties": columns}]}
    named = [{"column": one["name"], **{key: one[key] for key in one if key != "name"}} for one in columns]
    return head | {"uuid": "t", "datasetName": "t", "dataset": [{"table": "t", "columns": named}]}


def drafted(tmp_path: Path, version: str, columns: list[dict[str, Any]]) -> tuple[dict[str, dict[str, Any]], str]:
    """The columns of a draft, which lints, by name; and its text."""
    (tmp_path / "t.yaml").write_text(json.dumps(contract(version, columns)))
    (draft,) = drafts_of({tmp_path / "t.yaml": "t"}, LEVELS, {})
    path = tmp_path / "contracts" / "sources" / "t" / "0.1.0.odcs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(as_yaml(draft))
    assert [str(one) for one in lint(path, LEVELS) if one.rule == "schema"] == []
    return {one["name"]: one for one in read_document(path)["schema"][0]["properties"]}, path.read_text()


@pytest.mark.parametrize("version", ["v2.2.2", "v3.0.2"])
def test_logical_types_are_those_of_the_standard(tmp_path: Path, version: str) -> None:
    columns = [{"name": f"c{at}", "logicalType": word} for at, word in enumerate(CALLED)]
    found, text = drafted(tmp_path, version, columns)
    assert [one["logicalType"] for one in found.values()] == list(CALLED.values())
    assert "Its logical type there is 'weird', which the standard does not have so." in text


def test_the_physical_type_says_what_the_word_does_not(tmp_path: Path) -> None:
    inside = [{"name": "x", "logicalType": "odd", "physicalType": "bigint"}, {"name": "y", "logicalType": "Number"}]
    columns = [
        {"name": "a", "logicalType": "weird", "physicalType": "numeric(9,2)"},
        {"name": "b", "logicalType": "weird", "physicalType": "jsonb", "properties": inside},
    ]
    found, text = drafted(tmp_path, "v3.0.2", columns)
    assert (found["a"]["logicalType"], found["b"]["logicalType"]) == ("number", "object")
    assert [one["logicalType"] for one in found["b"]["properties"]] == ["integer", "number"]
    assert "The logical type of x there is 'odd'" in text


def test_what_the_standard_has_stays(tmp_path: Path) -> None:
    columns = [
        {"name": "v", "logicalType": "vector", "logicalTypeOptions": {"dimensions": 3}},
        {
            "name": "m",
            "logicalType": "map",
            "map": {"key": {"logicalType": "string"}, "value": {"logicalType": "date"}},
        },
    ]
    found, text = drafted(tmp_path, "v3.2.0", columns)
    assert [found[name]["logicalType"] for name in "vm"] == ["vector", "map"] and "does not have" not in text
