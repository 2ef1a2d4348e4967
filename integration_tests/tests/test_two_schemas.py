"""One contract whose tables lie in two schemas, each said by its physicalName: both are gated, and verified."""

from dataclasses import replace

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: sensors
name: sensors
version: 1.0.0
status: active
schema:
- name: stations
  physicalName: field.stations
  properties:
  - {name: station, physicalType: text, logicalType: string, primaryKey: true}
- name: readings
  physicalName: lab.meteo.readings
  quality:
  - {type: sql, id: none_too_hot, query: "select count(*) from meteo.readings where celsius > 60", mustBe: 0}
  properties:
  - name: station
    physicalType: text
    logicalType: string
    required: true
    relationships: [{to: stations.station}]
  - {name: celsius, physicalType: "numeric(4,1)", logicalType: number}
"""


def test_tables_of_one_contract_in_two_schemas(workplace):
    root = workplace.folder / "project"
    (root / "contracts").mkdir(parents=True)
    (root / "c360.toml").write_text("")
    (root / "contracts" / "sensors.odcs.yaml").write_text(CONTRACT)
    workplace = replace(workplace, settings=replace(workplace.settings, root=root))
    assert workplace.c360("generate").code == 0
    stations = workplace.write("s.csv", [{"station": f"S{n}"} for n in range(10)])
    assert workplace.ingest("stations", stations).only["promoted"] == 10
    rows = [{"station": f"S{n % 10}", "celsius": "21.5"} for n in range(20)] + [{"station": "S77", "celsius": "3.0"}]
    taken = workplace.ingest("readings", workplace.write("r.csv", rows)).only
    assert taken["promoted"] == 20 and taken["rows_by_clause"] == {"readings.station.relationship": 1}
    assert workplace.sql("select (select count(*) from field.stations), (select count(*) from meteo.readings)") == [
        (10, 20)
    ]
    checked = {found["clause"]: found for found in workplace.c360("verify", "--json").json}
    assert {found["outcome"] for found in checked.values()} == {"passed"}
    workplace.sql("update meteo.readings set celsius = 61 where station = 'S1'; drop table field.stations cascade")
    checked = {found["clause"]: found for found in workplace.c360("verify", "--json").json}
    assert checked["readings.none_too_hot"]["outcome"] == "failed"
    assert checked["stations.station.present"]["outcome"] != "passed"
    workplace.sql("drop schema field cascade; drop schema meteo cascade")


def test_what_a_physical_name_says_is_no_way_into_our_own_tables(workplace):
    root = workplace.folder / "project"
    (root / "contracts").mkdir(parents=True)
    (root / "c360.toml").write_text("")
    for reserved in ("governance.delivery", "quarantine.rows", "x.landing.y", "pg_catalog.pg_class"):
        (root / "contracts" / "s.odcs.yaml").write_text(CONTRACT.replace("field.stations", reserved))
        there = replace(workplace, settings=replace(workplace.settings, root=root))
        answer = there.c360("generate")
        assert answer.code == 1 and "is not for data" in answer.err, answer
        assert there.c360("lint").code == 1
