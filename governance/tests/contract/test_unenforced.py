"""Whatever a contract says is a clause that is enforced, or a line of coverage that says why not."""

import json

import pytest

from c360.cli import main
from c360.contract import load_contract
from c360.contract.catalog import Catalog
from c360.coverage import POINTS, cover
from c360.model import Latency

COLUMNS = [
    {"name": "id", "physicalType": "integer", "logicalType": "integer", "primaryKey": True},
    {"name": "at", "physicalType": "timestamp", "logicalType": "timestamp"},
    {"name": "loaded", "physicalType": "timestamptz", "logicalType": "timestamp"},
    {"name": "words", "physicalType": "text", "logicalType": "string"},
]
FRESH = {"property": "freshness", "value": 1, "unit": "d", "element": "orders.loaded"}


@pytest.fixture
def write(tmp_path):
    def write_(properties=(), table=None, **top):
        columns = [
            {"classification": "public", "description": "d"} | column
            for column in json.loads(json.dumps([*COLUMNS, *properties]))
        ]
        document = {
            "apiVersion": "v3.2.0", "kind": "DataContract", "id": "orders", "name": "orders", "version": "1.0.0",
            "status": "active", "team": {"name": "t"}, "support": [{"channel": "c", "tool": "slack"}],
            "schema": [{"name": "orders", "properties": columns} | (table or {})],
        } | top  # fmt: skip
        path = tmp_path / "sources" / "orders.odcs.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(document))
        return load_contract(path, tmp_path)

    return write_


def column(**more):
    return {"properties": [{"name": "x", "physicalType": "text", "logicalType": "string"} | more]}


def options(physical, logical, **given):
    return column(physicalType=physical, logicalType=logical, logicalTypeOptions=given)


def sla(name, value=1, **more):
    return {"slaProperties": [{"property": name, "value": value} | more]}


SAID = {
    **{f"orders.{name}": sla(name) for name in (
        "availability", "generalAvailability", "endOfSupport", "endOfLife", "timeOfAvailability", "frequency",
        "throughput", "errorRate", "schedule", "somethingNew")},
    "orders.latency": sla("latency", unit="h"),
    "orders.freshness.schedule": {"slaProperties": [FRESH | {"schedule": "0 20 * * *"}]},
    "orders.freshness.valueExt": {"slaProperties": [FRESH | {"valueExt": 2}]},
    "orders.x.format": options("text", "string", format="password"),
    "orders.x.minItems": options("xml", "array", minItems=1),
    "orders.x.uniqueItems": options("xml", "array", uniqueItems=True),
    "orders.x.minProperties": options("xml", "object", minProperties=1),
    "orders.x.required": options("xml", "object", required=["a"]),
    "orders.x.timezone": options("timestamp", "timestamp", timezone=True),
    "orders.x.defaultTimezone": options("timestamp", "timestamp", defaultTimezone="Australia/Sydney"),
    "orders.x.encryptedName": column(encryptedName="x_encrypted"),
    "orders.x.items": column(physicalType="xml", logicalType="array", items={"logicalType": "string"}),
    "orders.x.lines.quality": column(physicalType="jsonb", logicalType="object", properties=[
        {"name": "lines", "logicalType": "array", "quality": [{"id": "some", "type": "text"}]}]),
    "orders.x.n.odd": column(physicalType="jsonb", logicalType="object", properties=[
        {"name": "n", "logicalType": "boolean", "logicalTypeOptions": {"odd": True}}]),
    "orders.x.said": column(quality=[{"id": "said", "type": "text", "description": "Be nice."}]),
    "orders.said": {"table": {"quality": [{"id": "said", "description": "Be nice."}]}},
}  # fmt: skip
HELD = {
    "orders.x.format": options("uuid", "string", format="uuid"),
    "orders.x.timezone": options("timestamptz", "timestamp", timezone=True),
    "orders.x.defaultTimezone": options("timestamp", "timestamp", defaultTimezone="Etc/UTC"),
    "orders.x.partitioned": column(partitioned=True),
    "orders.x.criticalDataElement": column(criticalDataElement=True),
    "orders.x.street": column(physicalType="jsonb", logicalType="object", properties=[{"name": "street"}]),
    "orders.x.n.physicalType": column(
        physicalType="jsonb",
        logicalType="object",
        properties=[{"name": "n", "logicalType": "integer", "physicalType": "int"}],
    ),
    "orders.x.custom": column(quality=[{"type": "custom", "engine": "soda", "implementation": "x"}]),
    "orders.x.mine": column(customProperties=[{"property": "mine", "value": 1}]),
    "orders.schemaEvolution": {"customProperties": [{"property": "schemaEvolution", "value": "backward"}]},
}


@pytest.mark.parametrize(("clause", "said"), [*SAID.items(), *HELD.items()])
def test_what_nobody_enforces_has_a_line_of_coverage(write, clause, said):
    cells = cover(Catalog.of([write(**said)]))[clause]
    assert all(cells[point] == "reported" or cells[point].startswith("not here: ") for point in POINTS)


@pytest.mark.parametrize("clause", SAID)
def test_lint_tells_of_it_with_its_line_and_it_is_no_breach(write, clause, capsys, tmp_path):
    write(**SAID[clause])
    with pytest.raises(SystemExit) as stopped:
        main(["lint", str(tmp_path), "--json"])
    (told,) = json.loads(capsys.readouterr().out)
    assert stopped.value.code == 0 and told["severity"] == "warning"
    assert told["message"].startswith("nobody enforces ") and told["path"]


@pytest.mark.parametrize(
    ("form", "physical", "logical"),
    [
        *((form, "text", "string") for form in ("uuid", "email", "ipv4", "ipv6", "uri", "hostname", "byte", "date",
                                                "date-time", "time", "yyyy-MM-dd")),
        ("u8", "smallint", "integer"), ("i16", "integer", "integer"), ("u64", "bigint", "integer"),
        ("yyyy-MM-dd", "varchar(10)", "date"),
    ],
)  # fmt: skip
def test_a_format_that_a_value_can_fail_is_a_clause_of_rows(write, form, physical, logical):
    contract = write(**options(physical, logical, format=form))
    (found,) = (c for c in contract.datasets[0].clauses if c.id == "orders.x.format")
    assert (found.kind.name, found.scope, found.argument) == ("format", "row", form)


@pytest.mark.parametrize(
    ("form", "physical", "logical"),
    [("i32", "integer", "integer"), ("i64", "integer", "integer"), ("f64", "double precision", "number"),
     ("yyyy-MM-dd", "date", "date"), ("email", "uuid", "string")],
)  # fmt: skip
def test_a_format_that_the_type_holds_is_none(write, form, physical, logical):
    contract = write(**options(physical, logical, format=form))
    assert next(c.kind.name for c in contract.datasets[0].clauses if c.id == "orders.x.format") == "unenforced"


@pytest.mark.parametrize(
    ("element", "more", "expected"),
    [
        ("orders.at,orders.loaded", [], ("at", Latency(7200, "loaded"))),
        ("orders.at, orders.loaded", [], ("at", Latency(7200, "loaded"))),
        ("orders.at", [FRESH], ("at", Latency(7200, "loaded"))),
        ("orders.at", [], "it names no two columns, of the event and of its load"),
        ("orders.loaded", [FRESH], "it names no two columns, of the event and of its load"),
        ("orders", [FRESH], "it names no two columns, of the event and of its load"),
        (None, [], "it names no two columns, of the event and of its load"),
        ("orders.at,orders.nothing", [], "it names no two columns, of the event and of its load"),
        ("orders.words", [FRESH], "words is not stored as a time"),
    ],
)
def test_latency_is_measured_where_it_names_event_and_load(write, element, more, expected):
    one = {"property": "latency", "value": 2, "unit": "h"} | ({"element": element} if element else {})
    contract = write(slaProperties=[*more, one])
    (found,) = (c for c in contract.datasets[0].clauses if c.id == "orders.latency")
    if isinstance(expected, str):
        assert (found.kind.name, found.argument.why) == ("unenforced", expected)
    else:
        assert (found.kind.name, found.scope, found.column, found.argument) == ("latency", "delivery", *expected)


def test_what_is_noted_changes_no_id_of_what_is_enforced(write):
    plain = {"properties": [{"name": "required", "physicalType": "text", "required": True}]}
    before = [c.id for c in write(**plain).datasets[0].clauses]
    noted = column(physicalType="jsonb", logicalType="object", properties=[{"name": "required"}, {"name": "present"}])
    noted["properties"] += plain["properties"]
    after = [c.id for c in write(**noted, table={"customProperties": [{"property": "unexpectedColumns", "value": 1}]})
             .datasets[0].clauses]  # fmt: skip
    assert [name for name in after if name in before] == before
    assert {"orders.x.present", "orders.x.present_2", "orders.x.required", "orders.unexpectedColumns_2"} <= set(after)
