"""Nothing vanishes without a word, and whatever was in an older contract, the draft of it lints."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c360.cli import main
from c360.contract.classifications import classifications
from c360.contract.document import read_document
from c360.draft.reading import open_source
from c360.draft.sources import drafts_of
from c360.draft.write import Draft, as_yaml
from c360.lint.lint import lint

_HELD = "o: {type: object, fields: {p: {type: string}}}"
DCS = f"""
dataContractSpecification: 1.2.1
id: urn:x
info: {{title: Shop, version: 1.0.0, contact: {{name: Ann}}}}
servers:
  g: {{type: gcs, location: 'gs://b/x', delimiter: new_line, format: json}}
  o: {{type: oracle, host: h, port: 1521, serviceName: s}}
  m: {{type: sqlserver, host: h, port: 1433, database: d, schema: s, driver: ODBC 18}}
  t: {{type: trino, host: h, port: 8080, catalog: c, schema: s}}
  s: {{type: s3, location: 's3://b/x', account: '12', format: csv, delimiter: ','}}
models:
  t:
    fields:
      a: {{type: string, exclusiveMinimum: 3}}
      n: {{fields: {{b: {{type: int}}}}}}
      {_HELD}
      m: {{type: varchar, quality: [{{type: SodaCL, specification: 'checks for t: [row_count > 0]'}}]}}
    quality: [{{type: great-expectations, specification: [{{expect: unique}}]}},
      {{type: montecarlo, specification: Mc}}]
quality: {{type: SodaCL, specification: {{checks for t: [row_count > 5]}}}}
servicelevels: {{retention: {{period: P1Y}}, support: {{time: 9am}}}}
"""


def drafted(path: Path, text: str) -> Draft:
    path.write_text(text)
    (draft,) = drafts_of({path: ""}, classifications(), {})
    return draft


def faults(folder: Path, draft: Draft) -> list[str]:
    path = folder / "contracts" / "sources" / "x" / "0.1.0.odcs.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_yaml(draft))
    return [f.message for f in lint(folder / "contracts", classifications()) if f.severity == "error"]


def test_a_draft_lints_and_names_what_it_had_to_leave_out(tmp_path: Path) -> None:
    draft = drafted(tmp_path / "a.yaml", DCS)
    assert [one for one in faults(tmp_path, draft) if "soda" not in one and "engine" not in one] == []
    text, told = as_yaml(draft), "\n".join(draft.left)
    for rule in ("row_count > 0", "expect: unique", "Mc", "row_count > 5"):
        assert rule in text.replace("\\n", "\n"), rule
    for place in ("slaProperties", "exclusiveMinimum", "servers.g.location", "servers.s.account"):
        assert place in told, place
    columns = {prop.document["name"]: prop.document for prop in draft.tables[0].properties}
    assert columns["n"]["logicalType"] == "object" and columns["n"]["physicalType"] == "jsonb"
    assert columns["n"]["properties"][0]["name"] == "b"
    assert "customProperties: []" not in text


_KEYS = st.from_regex(r"zz[a-z]{3,8}", fullmatch=True)
_PLACES = ([], ["info"], ["servers", "s"], ["terms"], ["models", "t"], ["models", "t", "fields", "a"],
           ["models", "t", "fields", "o"], ["models", "t", "fields", "o", "fields", "p"], ["servicelevels", "retention"],  # noqa: E501
           ["models", "t", "quality", 0])  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    keys=st.lists(
        st.tuples(st.sampled_from(_PLACES), _KEYS, st.one_of(_KEYS, st.integers(1), st.just({"zzq": 1}))), max_size=5
    )
)
def test_every_key_of_one_s_own_is_in_the_draft_or_in_the_report(tmp_path_factory: Any, keys: list[Any]) -> None:
    document = read_document(Path("x"), DCS) | {"terms": {"usage": "Use it."}}
    for place, key, value in keys:
        part: Any = document
        for step in place:
            part = part[step]
        part[key] = value
    folder = tmp_path_factory.mktemp("left")
    draft = drafted(folder / "a.yaml", json.dumps(document))
    said = as_yaml(draft)
    assert all(key in said for _, key, _ in keys)


def test_keys_that_odcs_does_not_know_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = {"name": "t", "zzodd": 1, "properties": [{"name": "a", "logicalType": "string", "requird": True}]}
    contract = {
        "apiVersion": "v3.0.0",
        "kind": "DataContract",
        "id": "x",
        "version": "1.0.0",
        "schema": [table],
        "zztop": 1,
    }
    draft = drafted(tmp_path / "a.yaml", json.dumps(contract))
    assert faults(tmp_path, draft) == []
    assert all(any(key in place for place in draft.left) for key in ("zzodd", "requird", "zztop"))
    with pytest.raises(SystemExit) as ended:
        main(["import", str(tmp_path / "a.yaml"), "--out", "-"])
    said = capsys.readouterr()
    assert ended.value.code == 0 and "not carried over: schema[0].properties[0].requird" in said.err


def test_what_odcs_2_said_inside_a_table_is_reported(tmp_path: Path) -> None:
    rule = {"code": "nullCheck", "toolName": "Elevate"}
    column = {"column": "a", "logicalType": "string", "zzcolumn": 1, "isNullable": True, "quality": [rule]}
    contract = {
        "apiVersion": "v2.2.2", "kind": "DataContract", "uuid": "t", "version": "1.0.0", "datasetName": "t",
        "dataset": [{"table": "t", "priorTableName": "s", "columns": [column]}],
    }  # fmt: skip
    draft = drafted(tmp_path / "a.yaml", json.dumps(contract))
    assert faults(tmp_path, draft) == []
    for place in ("dataset[0].priorTableName", "dataset[0].columns[0].zzcolumn",
                  "dataset[0].columns[0].quality[0].toolName"):  # fmt: skip
        assert place in as_yaml(draft)


def test_versions_of_a_model_are_contracts_of_their_own(tmp_path: Path) -> None:
    columns = {"id": {"name": "id", "data_type": "int"}}
    nodes = {
        f"model.p.customers.v{n}": {"resource_type": "model", "unique_id": f"c{n}", "name": "customers", "version": n,
                                    "alias": f"customers_v{n}", "columns": columns}
        for n in (1, 2)
    } | {"model.p.orders": {"resource_type": "model", "unique_id": "o", "name": "orders", "columns": columns}}  # fmt: skip # noqa: E501
    sources = {f"s{n}": {"resource_type": "source", "unique_id": f"s{n}", "source_name": f"shop{n}", "name": "orders",
                         "columns": columns} for n in (1, 2)}  # fmt: skip
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"nodes": nodes, "sources": sources}))
    found = drafts_of({path: ""}, classifications(), {})
    assert [draft.name for draft in found] == ["customers_v1", "customers_v2", "orders", "shop1_orders", "shop2_orders"]
    assert len(drafts_of({path: ""}, classifications(), {}, ("customers",))) == 2


def test_nested_parquet_is_described_part_by_part(tmp_path: Path) -> None:
    kind = pa.struct([("city", pa.string()), ("at", pa.list_(pa.struct([("x", pa.int64()), ("email", pa.string())])))])
    table = pa.table({"addr": pa.array([None], kind), "m": pa.array([None], pa.map_(pa.string(), pa.float64()))})
    pq.write_table(table, tmp_path / "a.parquet")
    source = open_source(tmp_path / "a.parquet")
    assert source.declared == ("jsonb", "jsonb")
    addr, of_map = source.parts
    assert [part["name"] for part in addr["properties"]] == ["city", "at"]
    assert [part["logicalType"] for part in addr["properties"][1]["items"]["properties"]] == ["integer", "string"]
    assert of_map["map"]["value"] == {"logicalType": "number"}


def test_hints(tmp_path: Path) -> None:
    rows = "".join(f"{n};{n},5;{'NA' if n % 5 == 0 else n % 7};x\n" for n in range(1, 50))
    (tmp_path / "a.csv").write_text("id;price;count;same\n" + rows)
    text = as_yaml(drafts_of({tmp_path / "a.csv": "a"}, classifications(), {})[0])
    assert "physicalType: numeric(12,2)" in text and "40 of 49 values are numbers" in text
    assert "all values are the same" in text and "enum?" not in text
