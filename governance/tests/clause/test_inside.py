"""Promises about what lies inside a column hold as JSON Schema has them, at the gate and in the table."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.clause.dialect import DATABRICKS, POSTGRES
from c360.clause.predicates import violation
from c360.contract import load_contract
from c360.database import connect
from c360.errors import Breach


def contract(*columns):
    key = {"name": "id", "logicalType": "integer", "physicalType": "int", "primaryKey": True}
    described = [{"description": "d", "classification": "public"} | column for column in (key, *columns)]
    return {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "orders", "name": "orders", "version": "1.0.0",
        "status": "active", "team": {"name": "t"}, "support": [{"channel": "c", "tool": "slack"}],
        "schema": [{"name": "orders", "description": "d", "properties": described,
                    "customProperties": [{"property": "maxQuarantineRatio", "value": 1}]}],
    }  # fmt: skip


def a(logical, name="x", /, **more):
    options = {key: more.pop(key) for key in list(more) if key not in _KEYS}
    return {"name": name, "logicalType": logical} | ({"logicalTypeOptions": options} if options else {}) | more


_KEYS = {"required", "properties", "items", "map", "enum", "physicalType", "physicalName", "quality", "unique"}


def an_item(logical, /, **more):
    return {key: value for key, value in a(logical, **more).items() if key != "name"}


ADDRESS = a(
    "object", "address", physicalType="jsonb", properties=[
        a("string", "city", required=True, minLength=2, maxLength=9),
        a("string", "zip", pattern=r"^\d{4}$", physicalName="post code"),
        a("string", "kind", enum=[{"value": "home"}, {"value": "O'Brien's"}, {"value": "${x} {{ y }}"}]),
        a("integer", "floor", minimum=0, exclusiveMaximum=100, multipleOf=2),
        a("number", "weight", exclusiveMinimum=0, maximum=9.5),
        a("boolean", "gift"), a("date", "since", minimum="2020-01-01"), a("time", "until"),
        a("timestamp", "at", maximum="2026-01-01T00:00:00Z"), a("string", "mail", format="email"),
        a("date", "born", format="dd.MM.yyyy"), a("integer", "small", format="u8"),
        a("object", "geo", minProperties=1, maxProperties=2, properties=[a("number", "lat", required=True)]),
        {"name": "loose", "enum": [{"value": "a"}, {"value": 1}]},
    ],
)  # fmt: skip
LINES = a(
    "array", "lines", minItems=1, maxItems=3, uniqueItems=True,
    items=an_item("object", required=True, properties=[
        a("string", "it's", required=True), a("array", "tags", items=an_item("string", pattern="^[a-z]+$"))]),
)  # fmt: skip
WORDS = a("array", "words", physicalType="text[]", items=an_item("string", required=True, maxLength=3))
PRICES = a("map", "prices", physicalType="json",
           map={"key": an_item("string", pattern="^[A-Z]{3}$"), "value": an_item("number", minimum=0)})  # fmt: skip
GOOD = {
    "address": {"city": "Perth", "post code": "6000", "kind": "${x} {{ y }}", "floor": 4, "weight": 9.5, "gift": True,
                "since": "2020-01-01", "until": "10:00", "at": "2025-12-31T23:00:00-01:00", "mail": "a@b.example",
                "born": "29.02.2000", "small": 255, "geo": {"lat": 1}, "loose": 1, "more": [None]},
    "lines": [{"it's": "x", "tags": ["a", None]}], "words": "{abc}", "prices": {"AUD": 1},
}  # fmt: skip
DEEP = "lines.items"
BROKEN = {
    "address.city.required": ("address", {"city": None}),
    "address.city.minLength": ("address", {"city": "P"}),
    "address.city.maxLength": ("address", {"city": "P" * 10}),
    "address.city.logicalType": ("address", {"city": ["Perth"]}),
    "address.zip.pattern": ("address", {"post code": "٤٤٤٤"}),
    "address.kind.enum": ("address", {"kind": "office"}),
    "address.floor.logicalType": ("address", {"floor": 4.5}),
    "address.floor.minimum": ("address", {"floor": -2}),
    "address.floor.exclusiveMaximum": ("address", {"floor": 100}),
    "address.floor.multipleOf": ("address", {"floor": 3}),
    "address.weight.exclusiveMinimum": ("address", {"weight": 0}),
    "address.weight.maximum": ("address", {"weight": 9.500001}),
    "address.weight.logicalType": ("address", {"weight": "9"}),
    "address.gift.logicalType": ("address", {"gift": "true"}),
    "address.since.minimum": ("address", {"since": "2019-12-31"}),
    "address.since.logicalType": ("address", {"since": "tomorrow"}),
    "address.until.logicalType": ("address", {"until": "25:00"}),
    "address.at.maximum": ("address", {"at": "2026-01-01T00:00:01"}),
    "address.at.logicalType": ("address", {"at": "infinity"}),
    "address.mail.format": ("address", {"mail": "nobody"}),
    "address.born.format": ("address", {"born": "30.02.2000"}),
    "address.small.format": ("address", {"small": 256}),
    "address.geo.minProperties": ("address", {"geo": {}}),
    "address.geo.maxProperties": ("address", {"geo": {"lat": 1, "a": 1, "b": 1}}),
    "address.geo.lat.required": ("address", {"geo": {"lon": 1}}),
    "address.geo.lat.logicalType": ("address", {"geo": {"lat": {}}}),
    "address.geo.logicalType": ("address", {"geo": []}),
    "address.loose.enum": ("address", {"loose": 2}),
    "lines.minItems": ("lines", []),
    "lines.maxItems": ("lines", [{"it's": n} for n in range(4)]),
    "lines.uniqueItems": ("lines", [{"it's": "x", "n": 1}, {"n": 1.0, "it's": "x"}]),
    "lines.logicalType": ("lines", "not JSON"),
    f"{DEEP}.required": ("lines", [None]),
    f"{DEEP}.logicalType": ("lines", ["x"]),
    f"{DEEP}.it's.required": ("lines", [{"it's": "x"}, {}]),
    f"{DEEP}.it's.logicalType": ("lines", [{"it's": 1}]),
    f"{DEEP}.tags.items.pattern": ("lines", [{"it's": "x", "tags": ["a", "B"]}]),
    f"{DEEP}.tags.items.logicalType": ("lines", [{"it's": "x", "tags": [1]}]),
    f"{DEEP}.tags.logicalType": ("lines", [{"it's": "x", "tags": {}}]),
    "words.items.maxLength": ("words", "{abc,abcd}"),
    "words.items.required": ("words", "{abc,NULL}"),
    "prices.key.pattern": ("prices", {"aud": 1}),
    "prices.value.minimum": ("prices", {"AUD": -1}),
    "prices.value.logicalType": ("prices", {"AUD": "x"}),
    "prices.logicalType": ("prices", '{"A\\u0000": 1}'),
    "address.logicalType": ("address", "null"),
}  # fmt: skip
ALSO = {
    "address.geo.minProperties": {"address.geo.lat.required"},
    "lines.maxItems": {f"{DEEP}.it's.logicalType"}, "lines.minItems": set(),
    "address.floor.logicalType": {"address.floor.multipleOf"},
}  # fmt: skip
"""What breaks two promises at once."""


def row(number, **changes):
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in (GOOD | changes).items()}
    return {"id": number} | texts


@pytest.fixture(scope="module")
def judged(shared_workplace):
    """One delivery in which each promise is broken by a row of its own, and what the commands say of it."""
    shared_workplace.reset()
    folder = shared_workplace.folder / "inside"
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "orders.odcs.yaml").write_text(json.dumps(contract(ADDRESS, LINES, WORDS, PRICES)))
    rows = [row(0), row(1, address="", lines="", words="", prices="")]
    for number, (column, change) in enumerate(BROKEN.values(), 2):
        rows.append(
            row(number, **{column: GOOD[column] | change if column == "address" and change != "null" else change})
        )
    taken = shared_workplace.ingest("orders", shared_workplace.write("orders.csv", rows), contracts=folder)
    assert taken.code == 0, taken.err
    quarantined = shared_workplace.sql("select row_number, clauses from quarantine.rows")
    return shared_workplace, folder, taken.only, dict(quarantined)


def test_each_promise_costs_the_row_that_breaks_it_and_no_other(judged):
    _, _, taken, lost = judged
    assert (taken["promoted"], taken["quarantined"]) == (2, len(BROKEN))
    for number, clause in enumerate(BROKEN, 3):
        expected = {clause} | ALSO.get(clause, set())
        assert {name.removeprefix("orders.") for name in lost[number]} == expected, clause


def test_lint_and_coverage_know_them(judged):
    workplace, folder, _, _ = judged
    assert {finding["rule"] for finding in workplace.c360("lint", folder, "--json").json} == {"no-type"}
    rows = {line["clause"]: line for line in workplace.c360("coverage", "--contracts", folder, "--json").json}
    for clause in BROKEN:
        cells = rows[f"orders.{clause}"]
        assert (cells["gate"], cells["soda scan"], cells["dbt"], cells["verify"]) == (
            "row quarantined", "check", "customer360.row_clause", "sql",
        )  # fmt: skip
    promised = {name for name, cells in rows.items() if name.count(".") > 2 and cells["gate"] == "row quarantined"}
    assert {name.rpartition(".")[2] for name in promised} <= {clause.rpartition(".")[2] for clause in BROKEN}


def test_verify_finds_in_the_table_what_came_in_by_another_door(judged):
    workplace, folder, _, _ = judged
    bad = json.dumps(GOOD["address"] | {"city": None, "floor": 3})
    workplace.sql("insert into raw.orders select 999, %s::jsonb, lines, words, prices from raw.orders limit 1", bad)
    found = {line["clause"]: line for line in workplace.c360("verify", "--contracts", folder, "--json").json}
    broken = {name for name, line in found.items() if line["outcome"] == "failed"}
    assert broken == {"orders.address.city.required", "orders.address.floor.multipleOf"}
    assert {line["outcome"] for line in found.values()} == {"passed", "failed"}
    workplace.sql("delete from raw.orders where id = 999")


def test_databricks_is_told_to_leave_it(tmp_path):
    path = tmp_path / "orders.odcs.yaml"
    path.write_text(json.dumps(contract(WORDS)))
    (dataset,) = load_contract(path).datasets
    (clause,) = (clause for clause in dataset.clauses if clause.id == "orders.words.items.maxLength")
    assert "to_jsonb(words)" in violation(clause, dataset, POSTGRES, "now()")
    with pytest.raises(Breach, match="nobody looks inside a column on databricks"):
        violation(clause, dataset, DATABRICKS, "now()")


NAMES = st.sampled_from(["a", "b c", "it's", '"', "${x}", "{{ a }}", "$.a[*]", "\\", "é"])
NUMBERS = st.integers(-6, 6) | st.sampled_from([0.5, 2.0, -1.5])
TEXTS = st.text(st.sampled_from("aB1 é'\"\\{${😀"), max_size=4)
STRINGS = st.fixed_dictionaries({}, optional={"minLength": st.integers(0, 3), "maxLength": st.integers(0, 3),
                                              "pattern": st.sampled_from(["^a", "[0-9]", "'$", "B|é"])})  # fmt: skip
BOUNDS = st.fixed_dictionaries({}, optional={"minimum": NUMBERS, "exclusiveMaximum": NUMBERS,
                                             "multipleOf": st.sampled_from([1, 2, 3])})  # fmt: skip
SIZES = st.fixed_dictionaries({}, optional={"minItems": st.integers(0, 2), "maxItems": st.integers(0, 2),
                                            "uniqueItems": st.booleans()})  # fmt: skip
MEMBERS = st.fixed_dictionaries({}, optional={"minProperties": st.integers(0, 2), "maxProperties": st.integers(0, 2),
                                              "required": st.lists(NAMES, max_size=1)})  # fmt: skip


def described(logical, options, **more):
    return st.builds(
        lambda given, must, rest: {"logicalType": logical, "logicalTypeOptions": given, "required": must} | rest,
        options, st.booleans(), st.fixed_dictionaries(more),
    )  # fmt: skip


def containers(inner):
    named = st.dictionaries(NAMES, inner, max_size=3).map(
        lambda found: [{"name": f"n{n}", "physicalName": name} | body for n, (name, body) in enumerate(found.items())]
    )
    return described("array", SIZES, items=inner) | described("object", MEMBERS, properties=named)


ENUMS = st.lists(TEXTS, min_size=1, max_size=3, unique=True).map(lambda found: [{"value": value} for value in found])
VALUES = (
    described("string", STRINGS) | described("string", st.just({}), enum=ENUMS) | described("integer", BOUNDS)
    | described("number", BOUNDS) | described("boolean", st.just({}))
)  # fmt: skip
DESCRIBED = containers(st.recursive(VALUES, containers, max_leaves=4))
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def near(prop):
    """Documents that look like what is described."""
    made = {"string": TEXTS, "integer": st.integers(-6, 6), "number": NUMBERS, "boolean": st.booleans()}
    if prop["logicalType"] == "array":
        return st.lists(near(prop["items"]) | DOCUMENTS, max_size=3)
    if prop["logicalType"] == "object":
        members = {member["physicalName"]: near(member) | DOCUMENTS for member in prop["properties"]}
        return st.fixed_dictionaries({}, optional=members)
    if prop.get("enum"):
        return st.sampled_from([entry["value"] for entry in prop["enum"]]) | TEXTS
    return made[prop["logicalType"]]


def schema_of(prop, null):
    """The same promises as a JSON Schema, in which a member that is null is as one that is not there."""
    options = {k: v for k, v in prop["logicalTypeOptions"].items() if k != "required"}
    schema = {"type": [prop["logicalType"], *(["null"] if null else [])]} | options
    if prop.get("enum"):
        schema["enum"] = [entry["value"] for entry in prop["enum"]] + ([None] if null else [])
    if prop["logicalType"] == "array":
        schema["items"] = schema_of(prop["items"], not prop["items"]["required"])
    if prop["logicalType"] == "object":
        wanted = set(prop["logicalTypeOptions"].get("required", ()))
        wanted |= {member["physicalName"] for member in prop["properties"] if member["required"]}
        schema["properties"] = {name: {"not": {"type": "null"}} for name in wanted} | {
            member["physicalName"]: schema_of(member, member["physicalName"] not in wanted)
            for member in prop["properties"]
        }
        schema["required"] = sorted(wanted)
    return schema


@pytest.fixture(scope="module")
def asked(database):
    connection = connect(database)
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), prop=DESCRIBED, stored=st.sampled_from(["jsonb", "json", None]))
def test_a_document_holds_as_json_schema_has_it(asked, data, prop, stored):
    document = contract(prop | {"name": "x", "required": False, "physicalType": stored})
    (dataset,) = load_contract(Path("orders.odcs.yaml"), document=document).datasets
    conditions = [violation(c, dataset, POSTGRES, "now()") for c in dataset.clauses if c.kind.name == "nested"]
    documents = data.draw(st.lists(near(prop) | DOCUMENTS, min_size=1, max_size=8))
    if not conditions:
        return
    asked.execute(
        f"select coalesce({' or '.join(f'coalesce(({one}), false)' for one in conditions)}, false) from "
        f"(select value::{stored or 'text'} as x from jsonb_array_elements_text(%s) as given(value)) as t"
        .replace("%", "%%").replace("(%%s)", "(%s)"),
        (json.dumps([json.dumps(document) for document in documents]),),
    )  # fmt: skip
    valid = jsonschema_rs.validator_for(
        schema_of(prop, null=False) | {"$schema": "http://json-schema.org/draft-07/schema#"}
    )
    assert [not broken for (broken,) in asked.fetchall()] == [valid.is_valid(document) for document in documents]
