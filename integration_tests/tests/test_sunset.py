"""The day after the sunset of a version nothing runs by it, and what to use instead is named."""

from dataclasses import replace

import pytest

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: stations
name: stations
version: 1.0.0
status: deprecated
customProperties:
- {property: sunset, value: "2026-03-01"}
- {property: replacement, value: 2.0.0}
schema:
- name: stations
  properties:
  - {name: station, physicalType: text, logicalType: string, primaryKey: true}
"""
LAST, AFTER = "2026-03-01T23:59:59Z", "2026-03-02T00:00:00Z"
TOLD = "stations 1.0.0 ended on 2026-03-01: use stations 2.0.0 instead."
REMEDY = "c360 retire stations@1.0.0 && c360 generate"


@pytest.fixture
def ending(workplace):
    root = workplace.folder / "project"
    (root / "contracts").mkdir(parents=True)
    (root / "c360.toml").write_text("")
    (root / "contracts" / "stations.odcs.yaml").write_text(CONTRACT)
    return replace(workplace, settings=replace(workplace.settings, root=root))


def test_its_last_day_is_a_day_as_any_and_the_next_is_not(ending):
    file = ending.write("s.csv", [{"station": "A"}])
    assert ending.ingest("stations", file, as_of=LAST).only["promoted"] == 1
    assert ending.c360("verify", "--as-of", LAST).code == 0
    more = ending.write("more.csv", [{"station": "B"}])
    for refused in (
        ending.ingest("stations", more, as_of=AFTER),
        ending.c360("verify", "--as-of", AFTER),
        ending.c360("build", "--as-of", AFTER),
    ):
        assert refused.code == 1 and TOLD in refused.err and REMEDY in refused.err
    assert ending.sql("select * from raw.stations") == [("A",)]


def test_retired_it_is_no_contract_any_more(ending):
    assert ending.c360("generate").code == 0
    made = ending.settings.root / "soda_checks" / "stations.yml"
    assert made.is_file()
    assert ending.c360("retire", "stations@1.0.0", "--as-of", AFTER).code == 0
    assert ending.c360("generate").code == 0 and not made.exists()
    gone = ending.ingest("stations", ending.write("s.csv", [{"station": "A"}]), as_of=AFTER)
    assert gone.code == 2 and "No contract describes the dataset 'stations'" in gone.err
