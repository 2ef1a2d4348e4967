"""Columns whose types are of other engines, or of none: what has no value in what is stored costs its row, told by a
clause, and no value is lost in silence."""

from dataclasses import replace

CONTRACT = """
apiVersion: v3.0.2
kind: DataContract
id: odd
name: odd
version: 1.0.0
status: active
servers: [{server: prod, type: snowflake, account: x, database: d, schema: s}]
schema:
- name: odd
  properties:
  - {name: id, logicalType: integer, physicalType: "NUMBER(38,0)", primaryKey: true, required: true}
  - {name: doc, logicalType: object, physicalType: VARIANT}
  - {name: tags, logicalType: array, physicalType: ARRAY}
  - {name: name, logicalType: string, physicalType: Name}
  - {name: ip, logicalType: string, physicalType: inet}
  - {name: weight, logicalType: number}
  - {name: born, logicalType: date, physicalType: MyDay}
  - {name: flag}
"""


def _row(number, **changes):
    row = {"id": number, "doc": '{"a": 1}', "tags": "[1, 2]", "name": "Ann", "ip": "10.0.0.1", "weight": "1.5"}
    return row | {"born": "2001-02-03", "flag": "x"} | changes


def test_what_has_no_value_in_a_type_costs_its_row(workplace):
    root = workplace.folder / "project"
    (root / "contracts").mkdir(parents=True)
    (root / "c360.toml").write_text("")
    (root / "contracts" / "odd.odcs.yaml").write_text(CONTRACT)
    workplace = replace(workplace, settings=replace(workplace.settings, root=root))
    assert workplace.c360("lint").code == 0 and workplace.c360("generate").code == 0
    odd = [_row(50, weight="heavy"), _row(51, ip="nowhere"), _row(52, born="in spring")]
    taken = workplace.ingest("odd", workplace.write("odd.csv", [_row(n) for n in range(20)] + odd)).only
    assert (taken["delivered"], taken["promoted"], taken["quarantined"]) == (23, 20, 3)
    assert taken["rows_by_clause"] == {
        "odd.weight.logicalType": 1, "odd.ip.physicalType": 1, "odd.born.logicalType": 1,
    }  # fmt: skip
    assert workplace.sql("select doc, tags, name, weight, flag from raw.odd where id = 1") == [
        ('{"a": 1}', "[1, 2]", "Ann", 1.5, "x")
    ]
    assert workplace.sql("select count(*) from raw.odd where weight is null or born is null or ip is null") == [(0,)]
