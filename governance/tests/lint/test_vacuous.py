"""A promise that can never fail is a warning, one that can never hold an error; honest ones are neither."""

import pytest

from c360.contract.findings import RULES
from c360.lint.vacuous import vacuous_promises


def told(prop=None, table=None, **top):
    part = {"name": "t", "properties": [{"name": "a"} | (prop or {})]} | (table or {})
    return [(rule, message) for rule, _, message in vacuous_promises({"schema": [part]} | top)]


def rule(metric="rowCount", **more):
    return {"table": {"quality": [{"metric": metric} | more]}}


def options(physical="text", **more):
    return {"prop": {"physicalType": physical, "logicalTypeOptions": more}}


NEVER_HOLDS = {
    "less than none": rule(mustBeLessThan=0),
    "at most less than none": rule(mustBeLessOrEqualTo=-1),
    "fewer than none": rule(mustBe=-1),
    "swapped": rule(mustBeBetween=[9, 1]),
    "below zero": rule(mustBeBetween=[-9, -1]),
    "every number is excluded": rule("nullValues", unit="percent", mustNotBeBetween=[0, 100]),
    "swapped, so that it excludes nothing": rule(mustNotBeBetween=[9, 1]),
    "more than all": rule("nullValues", unit="%", mustBeGreaterThan=100),
    "more than a hundred": rule("nullValues", unit="percent", mustBe=101),
    "a count in sql": rule(type="sql", query="SELECT COUNT(*) FROM t", mustBeLessThan=0),
    "an sql rule, swapped": rule(type="sql", query="SELECT max(a) FROM t", mustBeBetween=[9, 1]),
    "lengths": options(minLength=9, maxLength=3),
    "longer than the type": options("varchar(3)", minLength=4),
    "bounds": options("integer", minimum=9, maximum=1),
    "an open bound": options("integer", minimum=1, exclusiveMaximum=1),
    "two open bounds": options("integer", exclusiveMinimum=1, exclusiveMaximum=1),
    "dates": options("date", minimum="2024-02-01", maximum="2024-01-31"),
    "times in two zones": options("timestamp", minimum="2024-01-01T12:00:00Z", maximum="2024-01-01T13:00:00+02:00"),
    "freshness of nothing": {"slaProperties": [{"property": "freshness", "value": 0, "unit": "d"}]},
    "a share of more than all": {"customProperties": [{"property": "maxQuarantineRatio", "value": 20}]},
    "an argument that nobody reads": rule("duplicateValues", mustBe=0, arguments={"columns": ["a"]}),
}
NEVER_FAILS = {
    "at least none": rule(mustBeGreaterOrEqualTo=0),
    "more than less than none": rule(mustBeGreaterThan=-1),
    "not less than none": rule(mustNotBe=-1),
    "any share": rule("nullValues", unit="percent", mustBeBetween=[0, 100]),
    "at most all": rule("nullValues", unit="percent", mustBeLessOrEqualTo=100),
    "outside of what there is": rule(mustNotBeBetween=[-9, -1]),
    "missing without a list": rule("missingValues", mustBe=0, arguments={"missingValues": []}),
    "missing, nulls only": rule("missingValues", mustBe=0, arguments={"missingValues": [None]}),
    "an empty pattern": options(pattern=""),
    "any pattern": options(pattern="^.*$"),
    "no length": options(minLength=0),
    "itself": {"prop": {"relationships": [{"to": "t.a"}]}},
}
HONEST = {
    "a row": rule(mustBeGreaterThan=0),
    "none": rule("nullValues", mustBe=0),
    "less than one": rule("nullValues", mustBeLessThan=1),
    "a share": rule("nullValues", unit="percent", mustBeBetween=[0, 99]),
    "more than 100 rows": rule(mustBeGreaterThan=100),
    "a sum below zero": rule(type="sql", query="SELECT sum(a) FROM t", mustBeLessThan=0),
    "bounds that meet": options("integer", minimum=1, maximum=1),
    "a bound in words": options("integer", minimum="x", maximum=1),
    "lengths": options("varchar(3)", minLength=3, maxLength=3),
    "a pattern": options(pattern="^a"),
    "freshness": {"slaProperties": [{"property": "freshness", "value": 1, "unit": "d"}]},
    "another service level": {"slaProperties": [{"property": "availability", "value": 0}]},
    "any share in quarantine": {"customProperties": [{"property": "maxQuarantineRatio", "value": 1}]},
    "missing": rule("missingValues", mustBe=0, arguments={"missingValues": ["", None]}),
    "what is no contract": {"table": {"quality": [None, "x"], "properties": "x"}, "slaProperties": [1]},
}


@pytest.mark.parametrize("what", NEVER_HOLDS)
def test_what_can_never_hold_is_an_error(what):
    (rule,) = [rule for rule, _ in told(**NEVER_HOLDS[what])]
    assert RULES[rule][0] == ("strict" if rule == "unclear" else "error"), what


@pytest.mark.parametrize("what", NEVER_FAILS)
def test_what_can_never_fail_is_a_warning(what):
    assert [RULES[rule][0] for rule, _ in told(**NEVER_FAILS[what])] == ["warning"], what


@pytest.mark.parametrize("what", HONEST)
def test_honest_promises_are_left_alone(what):
    assert told(**HONEST[what]) == []
