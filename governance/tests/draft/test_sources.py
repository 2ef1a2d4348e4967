"""Drafts from SQL, a dbt manifest and older contracts: what these promise is kept, and every draft lints."""

import json
from pathlib import Path
from typing import Any

import pytest

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.contract.document import read_document
from c360.contract.older import read_as_now
from c360.draft.sources import drafts_of
from c360.draft.upgrade import upgraded
from c360.draft.write import as_yaml
from c360.errors import Breach, CouldNotTell
from c360.generate import plan
from c360.lint.lint import lint

SQL = """
create table sales.customers (id integer primary key, number bigserial, email varchar(200) not null);
create table sales.orders (
    id uuid primary key,
    customer_id integer not null references sales.customers(id),
    ghost_id integer references sales.nowhere(id),
    amount numeric(12,2) not null,
    code varchar(20) unique,
    placed timestamp with time zone
);
create table sales.lines (order_id uuid, position int, note text, primary key (order_id, position),
    foreign key (order_id) references sales.orders (id));
comment on column sales.lines.note is 'What was said. {{ 1 }}';
comment on table sales.lines is 'One row a line.';
"""


def of_trips(name: str, **arguments: Any) -> dict[str, Any]:
    """A test as a manifest has it."""
    metadata = {"name": name, "kwargs": arguments}
    return {"resource_type": "test", "attached_node": "model.p.trips", "test_metadata": metadata}


MANIFEST: dict[str, Any] = {
    "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
    "nodes": {
        "model.p.trips": {
            "resource_type": "model", "unique_id": "model.p.trips", "name": "trips", "alias": "trips_v1",
            "description": "One row a trip.",
            "columns": {
                "trip_id": {"name": "trip_id", "data_type": "bigint", "description": "Names it."},
                "rider": {"name": "rider", "data_type": "text", "constraints": [{"type": "not_null"}]},
                "mode": {"name": "mode", "data_type": "text", "meta": {"classification": "internal"}},
                "stop_id": {"name": "stop_id", "data_type": "integer"},
            },
        },
        "t1": of_trips("unique", column_name="trip_id"),
        "t2": of_trips("not_null", column_name="trip_id"),
        "t3": of_trips("accepted_values", column_name="mode", arguments={"values": ["bus", "tram"]}),
        "t4": of_trips("relationships", column_name="stop_id", to="source('city', 'stops')", field="id"),
        "t5": of_trips("not_null", column_name="stop_id") | {"config": {"where": "rider > 1"}},
        "t6": of_trips("not_null", column_name="stop_id") | {"config": {"severity": "warn"}},
    },
    "sources": {
        "source.p.city.stops": {
            "resource_type": "source", "unique_id": "source.p.city.stops", "name": "stops", "identifier": "Stops 1",
            "columns": {"id": {"name": "id", "data_type": "integer"}, "name": {"name": "name"}},
        },
    },
}  # fmt: skip
DCS = """
dataContractSpecification: 1.1.0
id: urn:orders
info: {title: Orders Latest, version: 2.0.0, owner: checkout, status: active}
models:
  orders:
    description: One row an order.
    fields:
      order_id: {type: text, format: uuid, required: true, primaryKey: true}
      total: {type: decimal, precision: 10, scale: 2, minimum: 0}
      state: {type: string, enum: [a, b], classification: internal}
      mail: {type: string, pii: true}
      away: {$ref: 'file:///etc/hostname'}
      kind: {$ref: '#/definitions/kind'}
      placed: {type: timestamp_ntz, required: true}
definitions: {kind: {type: integer, required: true}}
servicelevels: {freshness: {threshold: 25h, timestampField: orders.placed}, availability: {percentage: 99.9%}}
"""
V2 = """
kind: DataContract
apiVersion: v2.2.2
uuid: 53581432-6c55-4ba2-a65f-72344a91553a
version: 1.1.0
status: current
datasetDomain: seller
quantumName: my quantum
userConsumptionMode: analytical
datasetName: payments
stakeholders: [{username: ceastwood, role: Data Scientist, dateIn: "2022-08-02", comment: left}]
dataset:
  - table: tbl
    description: Provides core payment metrics
    dataGranularity: Aggregation on columns
    columns:
      - {column: ref_dt, isPrimaryKey: true, primaryKeyPosition: 1, logicalType: date, physicalType: date,
         isNullable: false, description: when, partitionStatus: true, partitionKeyPosition: 1, clusterStatus: false,
         quality: [{code: nullCheck, templateName: NullCheck, dimension: completeness, severity: error},
                   {templateName: Guess, description: It is guessed.}]}
      - {column: rcvr_id, isPrimaryKey: false, primaryKeyPosition: -1, logicalType: string,
         physicalType: varchar(18), isNullable: true}
slaDefaultColumn: tbl.ref_dt
slaProperties: [{property: latency, value: 4, unit: d, column: tbl.ref_dt}]
"""
V30 = """
apiVersion: v3.0.1
kind: DataContract
id: urn:old
name: Old Rides
version: 3.1.0
status: active
team: [{username: jdoe, role: owner}]
schema:
  - name: rides
    properties:
      - name: ride_id
        logicalType: string
        physicalType: text
        quality: [{type: library, rule: nullCheck, mustBe: 0},
                  {rule: invented, mustBeLessThan: 3}, {rule: duplicateCount}]
      - name: kind
        logicalType: string
        logicalTypeOptions: {enum: [bus, tram]}
    quality: [{type: library, rule: rowCount, mustBeGreaterThan: 5}]
"""


def imported(tmp_path: Path, name: str, text: str, **options: Any) -> dict[str, dict[str, Any]]:
    """The documents by name; all of them together lint and generate."""
    source, folder = tmp_path / name, tmp_path / "contracts"
    source.write_text(text)
    found = {}
    for draft in drafts_of({source: "given"}, classifications(), {}, **options):
        path = folder / draft.layer / draft.name / "0.1.0.odcs.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(as_yaml(draft))
        found[draft.name] = read_document(path)
    assert [f"{f.path}: {f.message}" for f in lint(folder, classifications()) if f.severity == "error"] == []
    assert plan(Catalog.of(find_contracts(folder)))
    return found


def columns(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {prop["name"]: prop for prop in document["schema"][0]["properties"]}


def test_sql(tmp_path: Path) -> None:
    found = imported(tmp_path, "schema.sql", SQL)
    assert list(found) == ["customers", "orders", "lines"]
    orders, lines = columns(found["orders"]), columns(found["lines"])
    assert {name: prop["physicalType"] for name, prop in orders.items()} == {
        "id": "uuid", "customer_id": "integer", "ghost_id": "integer", "amount": "numeric(12,2)", "code": "varchar(20)",
        "placed": "timestamptz",
    }  # fmt: skip
    assert orders["id"]["primaryKey"] and orders["code"]["unique"] and orders["amount"]["required"]
    assert orders["customer_id"]["relationships"] == [{"type": "foreignKey", "to": "customers.id"}]
    assert "relationships" not in orders["ghost_id"], "it leads nowhere"
    assert [lines[name]["primaryKeyPosition"] for name in ("order_id", "position")] == [1, 2]
    assert lines["order_id"]["relationships"] == [{"type": "foreignKey", "to": "orders.id"}]
    assert lines["note"]["description"] == "What was said. {{ 1 }}"
    assert found["lines"]["schema"][0]["description"] == "One row a line."
    customers = columns(found["customers"])
    assert customers["email"]["classification"] == "pii_direct"
    assert (customers["number"]["physicalType"], customers["number"]["required"]) == ("bigint", True)


def test_sql_of_another_dialect_has_types_of_postgres(tmp_path: Path) -> None:
    text = "CREATE TABLE t (a NVARCHAR(10) NOT NULL, b DATETIME2, [d e] INT PRIMARY KEY)"
    found = columns(imported(tmp_path, "t.sql", text, dialect="tsql")["t"])
    assert {name: prop["physicalType"] for name, prop in found.items()} == {
        "a": "varchar(10)", "b": "timestamp", "d e": "integer",
    }  # fmt: skip


DUMP = r"""
\restrict x
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.stops (
    id integer NOT NULL,
    label character varying(20)
);
ALTER TABLE public.stops OWNER TO postgres;
CREATE SEQUENCE public.stops_id_seq AS integer START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
CREATE TABLE public.trips (id uuid NOT NULL, stop_id integer);
ALTER TABLE ONLY public.stops ALTER COLUMN id SET DEFAULT nextval('public.stops_id_seq'::regclass);
ALTER TABLE ONLY public.stops ADD CONSTRAINT stops_label_key UNIQUE (label);
ALTER TABLE ONLY public.stops ADD CONSTRAINT stops_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.trips ADD CONSTRAINT trips_fk FOREIGN KEY (stop_id) REFERENCES public.stops(id);
CREATE INDEX trips_stop ON public.trips USING btree (stop_id);
\unrestrict x
"""


def test_what_pg_dump_writes(tmp_path: Path) -> None:
    found = imported(tmp_path, "dump.sql", DUMP)
    stops, trips = columns(found["stops"]), columns(found["trips"])
    assert stops["id"]["primaryKey"] and stops["label"]["unique"]
    assert stops["label"]["physicalType"] == "varchar(20)"
    assert trips["stop_id"]["relationships"] == [{"type": "foreignKey", "to": "stops.id"}]


def test_one_table_of_many(tmp_path: Path) -> None:
    assert list(imported(tmp_path, "schema.sql", SQL, only=("customers",))) == ["customers"]
    with pytest.raises(CouldNotTell, match="knows no table 'x'"):
        drafts_of({tmp_path / "schema.sql": ""}, classifications(), {}, ("x",))


def test_a_file_of_data_is_one_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(CouldNotTell, match="--table takes one table out of SQL"):
        drafts_of({tmp_path / "a.csv": "a"}, classifications(), {}, ("a",))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.sql", "select 1", "creates no table"),
        ("a.sql", "create table ((", "is no SQL of postgres"),
        ("a.json", "{", "is no JSON"),
        ("a.json", "[" * 100_000, "is no JSON"),
        ("a.json", "{}", "is no manifest"),
        ("a.json", '{"nodes": {}}', "describes no column"),
        ("a.yaml", "a: 1", "is no ODCS contract"),
        ("a.yaml", "dataContractSpecification: 1.1.0\nmodels: 5", "is not read as a Data Contract Specification"),
    ],
)
def test_what_is_none_of_these(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(CouldNotTell, match=said) as told:
        drafts_of({tmp_path / name: ""}, classifications(), {})
    assert told.value.remedy


def test_a_manifest_of_dbt(tmp_path: Path) -> None:
    found = imported(tmp_path, "manifest.json", json.dumps(MANIFEST))
    trips = columns(found["trips"])
    assert (tmp_path / "contracts/products/trips").is_dir() and (tmp_path / "contracts/sources/stops").is_dir()
    assert found["trips"]["schema"][0]["physicalName"] == "trips_v1"
    assert trips["trip_id"]["primaryKey"] and trips["trip_id"]["description"] == "Names it."
    assert trips["rider"]["required"] and "required" not in trips["stop_id"], "a test with a condition is no promise"
    assert trips["mode"]["enum"] == [{"value": "bus"}, {"value": "tram"}]
    assert trips["mode"]["classification"] == "internal"
    assert trips["stop_id"]["relationships"] == [{"type": "foreignKey", "to": "stops.id"}]
    assert columns(found["stops"])["name"]["physicalType"] == "text"


def test_the_data_contract_specification(tmp_path: Path) -> None:
    (document,) = imported(tmp_path, "datacontract.yaml", DCS).values()
    found = columns(document)
    assert (document["name"], document["version"], document["status"]) == ("orders_latest", "2.0.0", "draft")
    assert {name: prop["physicalType"] for name, prop in found.items()} == {
        "order_id": "text", "total": "numeric(10,2)", "state": "text", "mail": "text", "away": "text",
        "kind": "integer", "placed": "timestamp",
    }  # fmt: skip
    assert found["mail"]["classification"] == "pii_direct" and found["state"]["classification"] == "internal"
    assert found["state"]["enum"] == [{"value": "a"}, {"value": "b"}]
    assert [sla["property"] for sla in document["slaProperties"]] == ["freshness"]
    assert "availability" in (tmp_path / "contracts/sources/orders_latest/0.1.0.odcs.yaml").read_text().lower()


def test_odcs_of_version_2(tmp_path: Path) -> None:
    (document,) = imported(tmp_path, "old.yaml", V2).values()
    found = columns(document)
    assert document["team"]["members"][0]["description"] == "left"
    assert found["ref_dt"]["primaryKey"] and found["ref_dt"]["required"] and found["ref_dt"]["partitioned"]
    assert [rule.get("metric", rule.get("type")) for rule in found["ref_dt"]["quality"]] == ["nullValues", "text"]
    assert "primaryKeyPosition" not in found["rcvr_id"]
    assert "userConsumptionMode" in (tmp_path / "contracts/sources/payments/0.1.0.odcs.yaml").read_text()


def test_odcs_of_version_3_0(tmp_path: Path) -> None:
    (document,) = imported(tmp_path, "old.odcs.yaml", V30).values()
    found = columns(document)
    assert document["apiVersion"] == "v3.2.0" and document["team"] == {
        "members": [{"username": "jdoe", "role": "owner"}]
    }
    assert found["ride_id"]["quality"][0] == {"type": "library", "mustBe": 0, "metric": "nullValues"}
    assert found["kind"]["enum"] == [{"value": "bus"}, {"value": "tram"}] and found["kind"]["physicalType"] == "text"
    assert found["ride_id"]["quality"][2] == {"metric": "duplicateValues", "mustBe": 0}


def test_no_reference_to_a_file_is_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("type: date\ntitle: hidden-here\n")
    text = DCS.replace("file:///etc/hostname", f"file://{secret}")
    assert "hidden-here" not in json.dumps(imported(tmp_path, "datacontract.yaml", text))


def test_a_contract_of_old_is_still_guarded(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: &x [1]\nb: *x\n")
    with pytest.raises(Breach, match="aliases"):
        drafts_of({tmp_path / "a.yaml": ""}, classifications(), {})


OLDER = """
apiVersion: v3.0.1
kind: DataContract
id: x
version: 1.0.0
team: [{username: ada}]
schema:
- name: t
  quality: [{rule: countCheck, mustBeGreaterThan: 0}, {rule: duplicateCount}]
  properties:
  - name: n
    logicalType: integer
    logicalTypeOptions: {minimum: 3, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false}
    quality: [{rule: nullCheck}, {rule: missingCheck, mustBe: 0}]
  - name: at
    logicalType: timestamp
slaDefaultElement: t.at
slaProperties: [{property: freshness, value: 1, unit: d}]
"""


def test_what_lint_calls_older_an_upgrade_renews(tmp_path: Path) -> None:
    path = tmp_path / "x.odcs.yaml"
    path.write_text(OLDER)
    assert len(read_as_now(read_document(path))) == 8
    text, told = upgraded(path)
    path.write_text(text)
    now = read_document(path)
    assert read_as_now(now) == [] and len(told) >= 8
    assert now["schema"][0]["properties"][0]["logicalTypeOptions"] == {"exclusiveMinimum": 3, "maximum": 9}
    assert now["slaProperties"] == [{"property": "freshness", "value": 1, "unit": "d", "element": "t.at"}]
