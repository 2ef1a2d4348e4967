"""One promise in two spellings: the same grade for the same change, and none at all from one spelling to the other."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from c360.cli import main
from c360.contract.document import read_document
from governance.tests.compat.examples import compared

BASE = {
    "apiVersion": "v3.2.0", "kind": "DataContract", "id": "o", "name": "o", "version": "1.0.0", "status": "active",
    "schema": [{"name": "o", "properties": [
        {"name": "id", "logicalType": "integer", "physicalType": "bigint", "primaryKey": True},
        {"name": "a"}, {"name": "b", "physicalType": "text"},
    ]}],
    "slaProperties": [{"property": "retention", "value": 1, "unit": "y", "element": "o.b"}],
}  # fmt: skip
NONE = {"mustBe": 0}
SQL = "SELECT COUNT(*) FROM ${table} WHERE a < 0 AND b <> 'A  b'"


def told(old: dict, new: dict, layer: str = "sources") -> set[tuple[str, str, str, str]]:
    return {(c.rule.name, c.consumers, c.producers, c.step.label) for c in compared(old, new, layer).changes}


def column(at_table: dict | None = None, **said) -> dict:
    document = deepcopy(BASE)
    document["schema"][0]["properties"][1] |= said
    document["schema"][0] |= at_table or {}
    return document


def text(**options) -> dict:
    return column(physicalType="text", logicalType="string", logicalTypeOptions=options)


def whole(form: str, kind: str = "bigint") -> dict:
    return column(physicalType=kind, logicalType="integer", logicalTypeOptions={"format": form})


def rule(**said) -> dict:
    return column(quality=[said])


SAME = {
    "length": (column(physicalType="varchar(30)", logicalType="string"), text(maxLength=30)),
    "length of both": (column(physicalType="varchar(30)", logicalTypeOptions={"maxLength": 40}),
                       column(physicalType="character varying(30)")),
    "i64": (column(physicalType="bigint", logicalType="integer"), whole("i64")),
    "i32": (column(physicalType="integer", logicalType="integer"), whole("i32")),
    "a wider format": (column(physicalType="integer", logicalType="integer"), whole("i64", "int4")),
    "f64": (column(physicalType="double", logicalType="number"),
            column(physicalType="float8", logicalType="number", logicalTypeOptions={"format": "f64"})),
    "a value twice": (column(enum=[{"value": "x"}, {"value": "y"}]),
                      column(enum=[{"value": "x"}, {"value": "y"}, {"value": "x"}])),
    "a valid value twice": tuple(
        rule(metric="invalidValues", arguments={"validValues": values}, **NONE) for values in (["x"], ["x", "x"])),
    "enum before v3.2": (column(enum=[{"value": "x"}]), column(logicalTypeOptions={"enum": ["x"]})),
    "relationship at the table": (
        column(relationships=[{"to": "p.id"}]), column({"relationships": [{"from": ["o.a"], "to": ["p.id"]}]})),
    "relationship at the table, plain names": (
        column(relationships=[{"to": "p.id"}]), column({"relationships": [{"from": ["a"], "to": "p.id"}]})),
    "relationship by ids": (
        column(relationships=[{"to": "p.id"}]), column(relationships=[{"to": "#/schema/p/properties/id"}])),
    "order of valid values": tuple(
        rule(metric="invalidValues", arguments={"validValues": values}, **NONE) for values in (["x", "y"], ["y", "x"])),
    "none in percent": (rule(metric="nullValues", **NONE), rule(metric="nullValues", unit="percent", **NONE)),
    **{f"SQL, {name}": (rule(id="r", type="sql", query=SQL, **NONE), rule(id="r", type="sql", query=query, **NONE))
       for name, query in {
           "blanks": SQL.replace(" < ", "  <\n "), "case": SQL.lower().replace("'a  b'", "'A  b'"),
           "a comment": f"-- none below\n{SQL} /* so */", "a semicolon": f"{SQL};",
           "parentheses": SQL.replace("a < 0", "((a < 0))").replace("WHERE ", "WHERE (") + ")",
           "another name": SQL.replace("<>", "!="),
       }.items()},
    "words": (column(description="One or two\n"), column(description="One or\n  two")),
    "case of a type": (column(physicalType="STRING(20)"), column(physicalType="string( 20 )")),
    **{f"retention, {value} {unit}": (BASE, BASE | {"slaProperties": [
        {"property": "retention", "value": value, "unit": unit, "element": "o.b"}]})
       for value, unit in ((365, "d"), (12, "mo"), (366, "days"), ("P1Y", "d"), (4, "quarters"))},
}  # fmt: skip


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_another_spelling_is_told_and_needs_no_new_version(pair):
    for old, new in (pair, pair[::-1]):
        assert told(old, new) == {("respelled", "safe", "safe", "none")}


BY_A_RULE = {
    "required": (column(required=True), rule(metric="nullValues", **NONE)),
    "unique": (column(unique=True), rule(metric="duplicateValues", **NONE)),
    "unique at the table": (
        column(unique=True),
        column({"quality": [{"metric": "duplicateValues", "arguments": {"properties": ["a"]}, **NONE}]}),
    ),
    "enum": (column(enum=[{"value": "x"}, {"value": "y"}]),
             rule(metric="invalidValues", arguments={"validValues": ["x", "y"]}, **NONE)),
    "pattern": (text(pattern="^a$"), column(physicalType="text", logicalType="string", quality=[
        {"metric": "invalidValues", "arguments": {"pattern": "^a$"}, **NONE}])),
}  # fmt: skip


@pytest.mark.parametrize("pair", BY_A_RULE.values(), ids=BY_A_RULE)
def test_a_rule_refuses_a_delivery_where_a_key_quarantines_rows(pair):
    by_key, by_rule = pair
    assert told(by_key, by_rule) == {("refused-instead", "safe", "break", "major")}
    assert told(by_rule, by_key) == {("quarantined-instead", "safe", "safe", "minor")}
    assert told(by_key, by_rule, "products") == {("refused-instead", "safe", "break", "minor")}


MOVES = {
    "length": [(column(physicalType="varchar(20)", logicalType="string"),
                column(physicalType="varchar(30)", logicalType="string")),
               (text(maxLength=20), text(maxLength=30)),
               (text(maxLength=20), column(physicalType="varchar(30)", logicalType="string")),
               (column(logicalTypeOptions={"maxLength": 20}), column(logicalTypeOptions={"maxLength": 30}))],
    "any length": [(column(physicalType="varchar(20)"), column(physicalType="text")), (text(maxLength=20), text())],
    "width": [(column(physicalType="integer"), column(physicalType="bigint")), (whole("i32"), whole("i64")),
              (column(logicalType="integer", logicalTypeOptions={"format": "i32"}),
               column(logicalType="integer", logicalTypeOptions={"format": "i64"})),
              (whole("u8"), whole("u16")), (whole("i32", "numeric(20,0)"), whole("i64", "numeric(20,0)"))],
    "values": [(column(enum=[{"value": "x"}]), column(enum=[{"value": "x"}, {"value": "y"}])),
               (rule(metric="invalidValues", arguments={"validValues": ["x"]}, **NONE),
                rule(metric="invalidValues", arguments={"validValues": ["y", "x"]}, **NONE))],
    "required": [(BASE, column(required=True)), (BASE, rule(metric="nullValues", **NONE))],
    "unique": [(BASE, column(unique=True)), (BASE, rule(metric="duplicateValues", **NONE))],
    "enum": [(BASE, column(enum=[{"value": "x"}])),
             (BASE, rule(metric="invalidValues", arguments={"validValues": ["x"]}, **NONE))],
}  # fmt: skip


@pytest.mark.parametrize("layer", ["sources", "products"])
@pytest.mark.parametrize("moves", MOVES.values(), ids=MOVES)
def test_one_change_has_one_grade_in_each_spelling(moves, layer):
    for way in (1, -1):
        grades = [{told[1:] for told in told(*pair[::way], layer)} for pair in moves]
        assert all(grade == grades[0] and len(grade) == 1 for grade in grades), grades


OTHER = {
    "a text in SQL": (rule(id="r", type="sql", query=SQL, **NONE),
                      rule(id="r", type="sql", query=SQL.replace("A  b", "A b"), **NONE)),
    "more values by a rule": (column(enum=[{"value": "x"}]),
                              rule(metric="invalidValues", arguments={"validValues": ["x", "y"]}, **NONE)),
    "parentheses that count": tuple(
        rule(id="r", type="sql", query=f"SELECT COUNT(*) FROM ${{table}} WHERE {where}", **NONE)
        for where in ("a < 0 AND (a > 1 OR b = '')", "a < 0 AND a > 1 OR b = ''")),
    "a quoted name": (rule(id="r", type="sql", query='SELECT COUNT(*) FROM ${table} WHERE "A" < 0', **NONE),
                      rule(id="r", type="sql", query='SELECT COUNT(*) FROM ${table} WHERE "a" < 0', **NONE)),
    "a year and ten months": (BASE, BASE | {"slaProperties": [
        {"property": "retention", "value": 10, "unit": "mo", "element": "o.b"}]}),
    "a year and 360 days": (BASE, BASE | {"slaProperties": [
        {"property": "retention", "value": 360, "unit": "d", "element": "o.b"}]}),
    "dimensions": (column(physicalType="vector(3)"), column(physicalType="vector(4)")),
    "items": (column(physicalType="ARRAY<STRING>"), column(physicalType="ARRAY<INT>")),
    "an unknown length": (column(physicalType="STRING(20)"), column(physicalType="STRING(10)")),
    "text to citext": (column(physicalType="text"), column(physicalType="citext")),
    "advice": (column(required=True), rule(metric="nullValues", severity="warning", **NONE)),
    "another target": (column(relationships=[{"to": "p.id"}]),
                       column({"relationships": [{"from": ["o.a"], "to": ["p.key"]}]})),
}  # fmt: skip


@pytest.mark.parametrize("pair", OTHER.values(), ids=OTHER)
def test_what_only_looks_alike_is_a_break(pair):
    assert any("major" in change for change in (*told(*pair), *told(*pair[::-1])))


PUBLIC = sorted((Path(__file__).parents[1] / "lint" / "public").glob("*.odcs.yaml"))


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.name.partition(".")[0])
def test_every_file_can_be_compared_with_itself(path, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    again = tmp_path / path.name
    again.write_text(yaml.safe_dump(read_document(path), sort_keys=True))
    for other in (path, again):
        with pytest.raises(SystemExit) as stopped:
            main(["diff", str(path), str(other)])
        assert (stopped.value.code, "nothing changes" in capsys.readouterr().out) == (0, True)
