"""Each rule has an edit that it tells alone, and its mirror tells the same edit the other way round."""

import pytest

from c360.compat.grades import RULES
from governance.tests.compat.examples import CONTRACT, GONE, compared, edited, rules

ORDERS = "schema.0.properties"
VALID = f"{ORDERS}.2.quality.0"
BUYER, KIND, AMOUNT, ITEMS, AT, PLACE = (f"{ORDERS}.{n}" for n in range(1, 7))
COLUMN = {"name": "note", "physicalType": "text", "logicalType": "string", "classification": "public"}
ALONE = {"name": "alone", "properties": [COLUMN]}

EDITS = {
    "id-changed": [[("id", "urn:shop:other")]],
    "contract-renamed": [[("name", "purchases")]],
    "system-changed": [[("customProperties.0.value", "shop")]],
    "table-added": [[("schema.+", ALONE)]],
    "table-renamed": [[("schema.1.name", "persons")]],
    "physical-name-changed": [[("schema.0.physicalName", "purchases")], [(BUYER + ".physicalName", "buyer")]],
    "column-added": [[(ORDERS + ".+", COLUMN)], [(PLACE + ".properties.+", COLUMN)]],
    "required-column-added": [[(ORDERS + ".+", COLUMN | {"required": True})]],
    "column-renamed": [[(ITEMS + ".name", "things")]],
    "type-widened": [
        [(ITEMS + ".physicalType", "bigint")], [(ITEMS + ".physicalType", "numeric(12,2)")],
        [(AMOUNT + ".physicalType", "numeric(12,2)")], [(AMOUNT + ".physicalType", "numeric(12,4)")],
        [(AMOUNT + ".physicalType", "numeric")],
        [(BUYER + ".physicalType", "varchar(20)")], [(BUYER + ".physicalType", "text")],
        [(ITEMS + ".logicalType", "number")], [(KIND + ".logicalTypeOptions.maxLength", 6)],
        [(KIND + ".logicalTypeOptions.maxLength", GONE)],
    ],
    "type-changed": [
        [(ITEMS + ".physicalType", "text")], [(AT + ".physicalType", "date")], [(AT + ".physicalType", "timestamptz")],
        [(AMOUNT + ".physicalType", "numeric(10,4)")], [(ITEMS + ".physicalType", "real")],
        [(AT + ".logicalType", "date")],
    ],
    "type-dropped": [[(ITEMS + ".physicalType", GONE)]],
    "required-added": [[(KIND + ".required", True)], [(PLACE + ".required", True)]],
    "unique-dropped": [[(ITEMS + ".unique", GONE)], [(ITEMS + ".unique", False)]],
    "key-changed": [[(f"{ORDERS}.1.primaryKey", True)]],
    "enum-dropped": [[(KIND + ".enum", GONE)]],
    "enum-value-added": [[(KIND + ".enum.+", {"value": "d"})], [(BUYER + ".logicalTypeOptions.enum", ["x", "y", "z"])]],
    "constraint-added": [
        [(ITEMS + ".logicalTypeOptions.maximum", 9)],
        [(KIND + ".logicalTypeOptions.format", "email")],
        [(KIND + ".customProperties", [{"property": "notInFuture", "value": True}])],
        [("schema.1.customProperties", [{"property": "identity", "value": ["mail"]}])],
        [(PLACE + ".logicalTypeOptions", {"uniqueItems": True})],
    ],
    "constraint-tightened": [
        [(AMOUNT + ".logicalTypeOptions.minimum", 1)], [(AMOUNT + ".logicalTypeOptions.exclusiveMaximum", 100)],
        [(AMOUNT + ".logicalTypeOptions.maximum", 99.5)],
        [(AMOUNT + ".logicalTypeOptions.multipleOf", 20)], [(KIND + ".logicalTypeOptions.minLength", 2)],
        [(ITEMS + ".logicalTypeOptions.exclusiveMinimum", 1)],
        [(AT + ".logicalTypeOptions.minimum", "2021-01-01")], [(AT + ".customProperties.0.value", "1 m")],
        [("customProperties.2.value", 0)],
        [(ITEMS + ".logicalTypeOptions", {"minimum": 2})],
    ],
    "constraint-changed": [
        [(KIND + ".logicalTypeOptions.pattern", "^[abcd]$")], [(AMOUNT + ".logicalTypeOptions.multipleOf", 15)],
        [("schema.0.customProperties.0.value", ["kind"])], [(AT + ".logicalTypeOptions.timezone", True)],
        [(AT + ".logicalTypeOptions.minimum", "the beginning")],
    ],
    "unexpected-allowed": [[("schema.0.customProperties.+", {"property": "allowUnexpectedColumns", "value": True})]],
    "form-widened": [[("schema.0.customProperties.+", {"property": "delivery", "value": {"ignoreCase": True}})]],
    "form-changed": [[("customProperties.+", {"property": "delivery", "value": {"delimiter": ";"}})]],
    "relationship-dropped": [[(BUYER + ".relationships", GONE)]],
    "quality-added": [[("schema.1.quality", [{"id": "some", "metric": "rowCount", "mustBeGreaterThan": 0}])]],
    "quality-tightened": [
        [("schema.0.quality.0.mustBeGreaterThan", 5)], [(AMOUNT + ".quality.0.mustBeLessThan", 4.5)],
        [("schema.0.quality.0.mustBeGreaterThan", GONE), ("schema.0.quality.0.mustBeBetween", [2, 9])],
    ],
    "quality-loosened": [
        [(VALID + ".arguments.validValues", ["a", "b", "c"])],
        [(VALID + ".mustBe", GONE), (VALID + ".mustBeLessThan", 2)],
    ],
    "quality-changed": [
        [(VALID + ".arguments.validValues", ["a", "c"])], [(VALID + ".arguments.pattern", "x")],
        [("schema.0.quality.0.mustBeGreaterThan", GONE), ("schema.0.quality.0.mustBe", 0)],
        [(AMOUNT + ".quality.0.metric", "missingValues")], [(AMOUNT + ".quality.0.unit", "rows")],
    ],
    "refused-instead": [
        [(ITEMS + ".unique", GONE), (ITEMS + ".quality", [{"metric": "duplicateValues", "mustBe": 0}])],
    ],
    "severity-lowered": [[("schema.0.quality.0.severity", "warning")]],
    "advice-added": [
        [("schema.0.quality.+", {"id": "more", "type": "text", "description": "Enough."})],
        [("schema.0.quality.+", {"id": "more", "metric": "rowCount", "mustBe": 9, "severity": "warning"})],
    ],
    "advice-changed": [[("schema.0.quality.1.query", "SELECT COUNT(*) FROM ${table} WHERE amount < 1")]],
    "classification-lowered": [[(BUYER + ".classification", "public")]],
    "classification-dropped": [[(KIND + ".classification", GONE)]],
    "classification-changed": [[(KIND + ".classification", "secret")]],
    "sla-dropped": [[("slaProperties.0", GONE)], [("slaProperties.2", GONE)], [("slaProperties.3", GONE)]],
    "sla-tightened": [
        [("slaProperties.0.value", 0.5)], [("slaProperties.0.unit", "h")], [("slaProperties.2.value", 99.9)],
    ],
    "sla-changed": [[("slaProperties.0.element", "orders.id")], [("slaProperties.2.unit", "hours of a day")]],
    "sla-noted": [[("slaProperties.3.value", "better")]],
    "retention-shortened": [[("slaProperties.1.value", 1)], [("slaProperties.1.unit", "d")]],
    "retention-dropped": [[("slaProperties.1", GONE)]],
    "notice-shortened": [[("customProperties.1.value", "20 d")], [("customProperties.1", GONE)]],
    "server-removed": [[("servers.0", GONE)]],
    "server-moved": [[("servers.0.schema", "other")], [("servers.1.host", "elsewhere")], [("servers.1.catalog", "x")]],
    "version-raised": [[("version", "1.0.1")], [("version", "1.10.0")], [("version", "2.0.0")]],
    "terms-changed": [[("description.usage", "Anything.")], [("description.limitations", GONE)]],
    "owner-changed": [[("team.name", "web")], [("support.0.channel", "#web")], [("team.members.0.role", "Steward")]],
    "words-changed": [
        [("schema.0.description", "Orders.")], [("description.purpose", "More.")], [("tags", ["shop", "web"])],
        [(KIND + ".enum.0.label", "Best")], [(BUYER + ".examples", ["x"])],
        [("schema.0.quality.2.description", "Bad.")],
        [("servers.0.description", "Ours.")], [(ITEMS + ".businessName", "Things")],
        [("customProperties.3.description", "Hue.")],
    ],
    "order-changed": [
        [(ORDERS, [*CONTRACT["schema"][0]["properties"][1:], CONTRACT["schema"][0]["properties"][0]])],
        [("schema", CONTRACT["schema"][::-1])],
        [(KIND + ".enum", CONTRACT["schema"][0]["properties"][2]["enum"][::-1])],
    ],
    "respelled": [
        [(ITEMS + ".physicalType", "int4")], [(KIND + ".required", False)], [(KIND + ".unique", False)],
        [(KIND + ".physicalName", "kind")], [("slaProperties.0.value", 24), ("slaProperties.0.unit", "h")],
        [(ITEMS + ".logicalTypeOptions", {"minimum": 1})], [("apiVersion", "v3.1.0")],
        [("schema.0.quality.0.severity", "error")], [(AMOUNT + ".logicalTypeOptions.minimum", 0.0)],
        [("schema.0.quality.0.mustBeGreaterThan", GONE), ("schema.0.quality.0.mustBeGreaterOrEqualTo", 1)],
        [("customProperties.1.value", "720 h")],
        [("slaProperties.2.value", "99.5 %"), ("slaProperties.2.unit", GONE)],
        [("schema.0.customProperties.0.value", "buyer")],
        [(KIND + ".physicalType", "varchar")], [(AMOUNT + ".physicalType", "decimal(10, 2)")],
        [(KIND + ".description", None)],
    ],
    "noted": [
        [("price.priceAmount", 10)], [("customProperties.3.value", "red")], [("customProperties.3", GONE)],
        [(KIND + ".partitioned", True)], [(KIND + ".logicalTypeOptions.dialect", "x")], [("servers.0.port", 1)],
        [("roles", [{"role": "reader"}])], [("surprise", 1)], [("schema.0.physicalType", "view")],
        [("customProperties.+", {"property": "columnPerEnumValue", "value": {}})],
    ],
}  # fmt: skip
"""By rule: edits of the contract, each of which is told as just that."""

OF_STATUS = {"released", "withdrawn", "deprecated", "reinstated", "retired", "retired-without-notice",
             "sunset-changed", "sunset-too-near", "status-changed"}  # fmt: skip
"""Those of test_lifecycle.py."""


def pairs() -> list:
    return [pytest.param(rule, edit, id=f"{rule}-{n}") for rule, edits in EDITS.items() for n, edit in enumerate(edits)]


@pytest.mark.parametrize(("rule", "edit"), pairs())
def test_an_edit_is_told_by_its_rule(rule, edit):
    assert set(rules(CONTRACT, edited(*edit))) == {rule}


@pytest.mark.parametrize(("rule", "edit"), pairs())
def test_its_mirror_tells_the_way_back(rule, edit):
    told = compared(edited(*edit), CONTRACT).changes
    assert {change.rule.name for change in told} == {RULES[rule].mirror}
    forth = compared(CONTRACT, edited(*edit)).changes
    assert sorted((c.new, c.old) for c in told) == sorted((c.old, c.new) for c in forth)


def test_a_key_comes_and_goes():
    without = edited(("schema.1.properties.0.primaryKey", GONE))
    assert sorted(rules(CONTRACT, without)) == ["key-dropped", "required-dropped"]
    assert sorted(rules(without, CONTRACT)) == ["key-added", "required-added"]


def test_every_rule_is_tried_in_both_directions():
    tried = {*EDITS, *(RULES[rule].mirror for rule in EDITS), *OF_STATUS, "key-added", "key-dropped"}
    assert set(RULES) - tried == set()
    assert {rule.mirror for rule in RULES.values()} <= set(RULES)
