"""From ODCS to clauses: which promises a contract makes, what each is called, and what is no contract."""

import textwrap

import pytest
import yaml

from c360.clause.levels import seconds
from c360.contract import Relationship, find_contracts, load_contract
from c360.contract.document import MAX_DEPTH, parse, read_document
from c360.errors import Breach, CouldNotTell

HEAD = "apiVersion: v3.2.0\nkind: DataContract\nid: orders\nname: orders\nversion: 1.0.0\nstatus: active\n"


def write(folder, body, name="orders.odcs.yaml"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + textwrap.dedent(body), encoding="utf-8")
    return path


def clauses(folder, *properties, table=(), **top):
    part = {"name": "orders", "properties": list(properties)} | dict(table)
    contract = load_contract(write(folder, yaml.safe_dump({"schema": [part]} | top)))
    return {clause.id: clause for clause in contract.datasets[0].clauses}


def test_a_column_promises_to_be_there_and_a_table_to_have_no_other(tmp_path):
    assert list(clauses(tmp_path, {"name": "a"})) == [
        "orders.a.present",
        "orders.unexpectedColumns",
        "orders.readable",
    ]


@pytest.mark.parametrize(
    ("promise", "kind", "argument"),
    [
        ({"physicalType": "numeric(12,2)"}, "physicalType", "numeric(12,2)"),
        ({"required": True}, "required", True),
        ({"unique": True}, "unique", ("a",)),
        ({"primaryKey": True}, "primaryKey", ("a",)),
        ({"enum": [{"value": "x"}, {"value": "y, z"}]}, "enum", ("x", "y, z")),
        ({"logicalTypeOptions": {"pattern": "^x$"}}, "pattern", "^x$"),
        ({"logicalTypeOptions": {"minLength": 0}}, "minLength", 0),
        ({"logicalTypeOptions": {"maxLength": 9}}, "maxLength", 9),
        ({"logicalTypeOptions": {"minimum": 0}}, "minimum", 0),
        ({"logicalTypeOptions": {"maximum": "2024-01-01"}}, "maximum", "2024-01-01"),
        ({"logicalTypeOptions": {"exclusiveMinimum": -1.5}}, "exclusiveMinimum", -1.5),
        ({"logicalTypeOptions": {"exclusiveMaximum": 10}}, "exclusiveMaximum", 10),
        ({"logicalTypeOptions": {"multipleOf": 0.05}}, "multipleOf", 0.05),
        ({"relationships": [{"to": "people.id"}]}, "relationship", Relationship(("a",), "people", ("id",))),
        ({"relationships": [{"to": "c.yaml#/schema/people/properties/id"}]}, "relationship",
         Relationship(("a",), "people", ("id",))),
        ({"classification": "public"}, "classification", "public"),
    ],
)  # fmt: skip
def test_every_kind_on_a_column(tmp_path, promise, kind, argument):
    found = clauses(tmp_path, {"name": "a"} | promise)
    assert found[f"orders.a.{kind}"].argument == argument
    assert found[f"orders.a.{kind}"].severity == "error"


def test_dates_stay_text_and_a_format_counts_only_where_text_is_stored(tmp_path):
    stored = {"logicalType": "timestamp", "logicalTypeOptions": {"format": "yyyy-MM-dd"}}
    assert clauses(tmp_path, {"name": "a", "physicalType": "text"} | stored)["orders.a.format"].kind.name == "format"
    assert (
        clauses(tmp_path, {"name": "a", "physicalType": "date"} | stored)["orders.a.format"].kind.name == "unenforced"
    )
    path = write(tmp_path, "schema: [{name: o, properties: [{name: d, logicalTypeOptions: {minimum: 2024-01-31}}]}]")
    assert load_contract(path).datasets[0].clauses[1].argument == "2024-01-31"


def test_a_composite_key_is_one_clause_in_its_own_order(tmp_path):
    found = clauses(
        tmp_path,
        {"name": "a", "primaryKey": True, "primaryKeyPosition": 2},
        {"name": "b", "primaryKey": True, "primaryKeyPosition": 1},
    )
    assert found["orders.primaryKey"].argument == ("b", "a")
    assert {"orders.a.required", "orders.b.required"} <= set(found)


def test_rules_are_called_by_their_id_and_only_counts_of_bad_rows_name_rows(tmp_path):
    def rule(name, query, **more):
        return {"id": name, "type": "sql", "query": query} | (more or {"mustBe": 0})

    found = clauses(
        tmp_path,
        {"name": "a", "quality": [rule("late", "select count(*) from ${table} where ${column} > 1;")]},
        table={
            "quality": [
                rule("total", "select sum(a) from ${table}", mustBeLessThan=5),
                rule("some", "select count(*) from ${table} where a > 1", mustBeGreaterThan=0),
                {"id": "few", "metric": "rowCount", "mustBeBetween": [1, 9], "severity": "warning"},
            ]
        },
    )
    assert (found["orders.a.late"].scope, found["orders.a.late"].argument.predicate) == ("row", "${column} > 1")
    assert [found[f"orders.{name}"].kind.name for name in ("total", "some", "few")] == ["sql", "sql", "rowCount"]
    assert found["orders.few"].severity == "warning" and found["orders.few"].argument.expected == (1, 9)


def test_ids_stay_apart(tmp_path):
    rules = [{"id": "same", "metric": "rowCount", "mustBeGreaterThan": n} for n in range(3)]
    ids = list(clauses(tmp_path, table={"quality": rules}))
    assert ids[:3] == ["orders.same", "orders.same_2", "orders.same_3"]


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(1, "d", 86_400), (2, "Days", 172_800), ("1.5", "h", 5_400), (90, "min", 5_400), (30, "s", 30), (1, "w", 604_800)],
)
def test_durations(tmp_path, value, unit, expected):
    assert seconds(tmp_path, value, unit) == expected


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"quality": [{"metric": "rowCount"}]}, "exactly one of mustBe"),
        ({"quality": [{"metric": "rowCount", "mustBe": 1, "mustNotBe": 2}]}, "exactly one of mustBe"),
        ({"quality": [{"metric": "median", "mustBe": 1}]}, "'median' is unknown"),
        ({"quality": [{"metric": "rowCount", "mustBe": "9"}]}, "mustBe of rowCount is no number"),
        ({"quality": [{"metric": "rowCount", "mustBe": True}]}, "mustBe of rowCount is no number"),
        ({"quality": [{"metric": "rowCount", "mustBeBetween": [1]}]}, "is no pair of numbers"),
        ({"quality": [{"metric": "rowCount", "mustBeBetween": 1}]}, "is no pair of numbers"),
        ({"quality": [{"metric": "duplicateValues", "mustBe": 0, "unit": "percentile"}]}, "the unit 'percentile'"),
        ({"quality": [{"metric": "duplicateValues", "mustBe": 0}]}, "does not say of which columns"),
        (
            {"quality": [{"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": []}}]},
            "of which columns",
        ),
        ({"relationships": [{"from": ["a", "b"], "to": ["x.a", "y.b"]}]}, "does not pair"),
        ({"relationships": [{"from": ["a", "b"], "to": ["x.a"]}]}, "does not pair"),
        ({"relationships": [{"from": "a", "to": "x"}]}, "names no column"),
        ({"properties": [{"name": "a"}, {"name": "a"}]}, "two properties named a"),
        ({"properties": [{"name": "a", "logicalTypeOptions": {"minimum": [1]}}]}, "minimum of a is no number, date"),
        ({"properties": [{"name": "a", "logicalTypeOptions": {"multipleOf": True}}]}, "multipleOf of a is no number"),
        ({"properties": [{"name": "a", "logicalTypeOptions": {"maxLength": 1.5}}]}, "maxLength of a is no whole"),
    ],
)
def test_what_cannot_be_understood_is_a_breach(tmp_path, body, why):
    with pytest.raises(Breach, match=why):
        clauses(tmp_path, {"name": "a"}, table=body)


@pytest.mark.parametrize(
    "arguments", [None, {}, {"validValues": []}, {"validValues": [None]}, {"pattern": ""}, {"pattern": "^.*$"}]
)
def test_invalid_values_of_no_validity_are_refused(tmp_path, arguments):
    rule = {"id": "v", "metric": "invalidValues", "mustBe": 0, "arguments": arguments}
    with pytest.raises(Breach, match="v does not say what is valid, so it could never fail") as breach:
        clauses(tmp_path, {"name": "a", "quality": [rule]})
    assert "validValues" in breach.value.remedy and "pattern" in breach.value.remedy


@pytest.mark.parametrize("written", ["percent", "Percentage", "%"])
def test_a_percentage_is_one_however_it_is_written(tmp_path, written):
    rule = {"id": "r", "metric": "nullValues", "mustBeLessThan": 5, "unit": written}
    assert clauses(tmp_path, {"name": "a", "quality": [rule]})["orders.a.r"].argument.unit == "percent"


def test_an_enum_of_nothing_is_refused(tmp_path):
    with pytest.raises(Breach, match="lists no value"):
        clauses(tmp_path, {"name": "a", "enum": [{"value": None}]})


def test_the_current_version_is_the_highest_that_is_in_force(tmp_path):
    for version, status in (("1.9.0", "active"), ("1.10.0", "active"), ("2.0.0", "draft")):
        text = HEAD.replace("1.0.0", version).replace("active", status) + "schema: [{name: orders}]"
        (tmp_path / f"{version}.odcs.yaml").write_text(text)
    assert [contract.version for contract in find_contracts(tmp_path)] == ["1.10.0"]
    with pytest.raises(CouldNotTell, match="No contract"):
        find_contracts(tmp_path / "nowhere")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_depth_is_limited_before_anything_is_built(tmp_path, opening):
    with pytest.raises(Breach, match=f"nested deeper than {MAX_DEPTH} levels") as breach:
        read_document(tmp_path / "x.yaml", "a:\n  " + opening * 200_000)
    assert breach.value.exit_code == 1 and "x.yaml:2" in breach.value.message
    closing = {"[": "]", "{a: ": "}", "- ": "1"}[opening]
    just = opening * (MAX_DEPTH - 1) + (closing if closing == "1" else closing * (MAX_DEPTH - 1))
    assert read_document(tmp_path / "x.yaml", "a:\n  " + just)


def test_line_of_a_path_inside(tmp_path):
    path = write(tmp_path, "schema:\n  - name: orders\n    properties:\n      - name: a\n        enum: []\n")
    assert parse(path).line(("schema", 0, "properties", 0, "enum")) == 11
    assert parse(path).line(("schema", 0, "nothing")) == 8


def test_a_contract_may_be_named_as_it_likes_and_other_yaml_is_left_alone(tmp_path):
    (tmp_path / "readings.yaml").write_text(_SMALL)
    (tmp_path / "notes.yml").write_text("kind: Notes\n")
    partners = tmp_path / "partners" / "acme"
    partners.mkdir(parents=True)
    (partners / "readings.odcs.yaml").write_text(_SMALL)
    assert [contract.name for contract in find_contracts(tmp_path)] == ["readings"]


_SMALL = """\
apiVersion: v3.2.0
kind: DataContract
id: readings
name: readings
version: 1.0.0
status: active
schema:
  - name: readings
    properties:
      - {name: a, logicalType: integer, physicalType: integer, classification: public}
"""
