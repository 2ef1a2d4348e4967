"""Columns whose types are of other engines, of a database's own, or of none: what has no value in what is stored costs
its row, told by a clause, and no value is lost in silence."""

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


def test_what_the_server_cannot_do_is_said_in_a_sentence(workplace):
    """The embedded server is built without libxml."""
    root = workplace.folder / "project"
    (root / "contracts").mkdir(parents=True)
    (root / "c360.toml").write_text("")
    (root / "contracts" / "odd.odcs.yaml").write_text(CONTRACT.replace("physicalType: VARIANT", "physicalType: xml"))
    workplace = replace(workplace, settings=replace(workplace.settings, root=root))
    answer = workplace.c360("ingest", "odd", workplace.write("odd.csv", [_row(1, doc="<a/>")]))
    assert answer.code == 2 and "has no xml" in answer.err and "unforeseen" not in answer.err
    assert len(answer.err.strip().splitlines()) == 2


OWN = """
create schema zoo;
create domain citext as text; -- the embedded Postgres does not carry the extension
create type zoo.mood as enum ('calm', 'wild');
create domain zoo.number as integer;
create domain zoo.kilos as numeric(8,2) not null constraint weighs check (value >= 0);
grant usage on schema zoo to public;
"""
ANIMALS = """
apiVersion: v3.2.0
kind: DataContract
id: animals
name: animals
version: 1.0.0
status: active
schema:
- name: animals
  properties:
  - {name: id, logicalType: integer, physicalType: zoo.number, primaryKey: true, required: true}
  - {name: species, logicalType: string, physicalType: citext, logicalTypeOptions: {minLength: 2}}
  - {name: mood, logicalType: string, physicalType: zoo.mood, enum: [{value: calm}, {value: wild}]}
  - {name: weight, logicalType: number, physicalType: zoo.kilos}
"""
HERD = """
apiVersion: v3.2.0
kind: DataContract
id: herd
name: herd
version: 1.0.0
status: active
servers: [{server: local, type: postgres, host: localhost, port: 5432, database: customer360, schema: analytics}]
schema:
- name: herd
  properties:
  - {name: mood, logicalType: string, physicalType: zoo.mood, primaryKey: true, enum: [{value: calm}, {value: wild}]}
  - {name: kilos, logicalType: number, physicalType: zoo.kilos, logicalTypeOptions: {minimum: 0}}
  - {name: word, logicalType: string, physicalType: citext}
"""
MODEL = """
select cast(mood as zoo.mood) as mood, cast(sum(weight) as zoo.kilos) as kilos, cast('a' as citext) as word
from {{ source('animals', 'animals') }} group by mood
"""


def test_types_that_a_database_has_of_its_own(workplace):
    """A delivery is stored as what they are logically; a product has them, as dbt compares; and so a draft is."""
    root = workplace.folder / "project"
    assert workplace.c360("init", "--example", root).code == 0
    for path in (*root.glob("contracts/sources/*/*"), *root.glob("warehouse/models/*.sql")):
        path.unlink()
    for layer, text in (("sources/animals", ANIMALS), ("products/herd", HERD)):
        (root / "contracts" / layer).mkdir(parents=True)
        (root / "contracts" / layer / "1.0.0.odcs.yaml").write_text(text)
    (root / "warehouse" / "models" / "herd.sql").write_text(MODEL)
    workplace = replace(workplace, settings=replace(workplace.settings, root=root))
    workplace.sql(OWN)
    linted = workplace.c360("lint")
    assert (linted.code, linted.out.count("[not-enforced]")) == (0, 7), linted.out
    assert workplace.c360("generate").code == 0

    good = [{"id": n, "species": "bear", "mood": "calm", "weight": "10.5"} for n in range(20)]
    odd = [
        good[0] | {"id": 30 + n, **change}
        for n, change in enumerate([{"mood": "odd"}, {"weight": "x"}, {"species": "a"}])
    ]
    taken = workplace.ingest("animals", workplace.write("animals.csv", good + odd)).only
    assert taken["rows_by_clause"] == dict.fromkeys(
        ["animals.mood.enum", "animals.weight.logicalType", "animals.species.minLength"], 1
    )
    built = workplace.c360("build")
    assert built.code == 0, built.out + built.err
    assert workplace.sql("select mood, kilos, pg_typeof(mood)::text, pg_typeof(word)::text from analytics.herd") == [
        ("calm", 210, "zoo.mood", "citext")
    ]
    verified = workplace.c360("verify", "--json")
    assert {found["outcome"] for found in verified.json} == {"passed"}
    assert "failed" not in verified.err, "of a type that is no clause nothing is said"
    (root / "warehouse" / "models" / "herd.sql").write_text(MODEL.replace("cast(mood as zoo.mood)", "mood"))
    assert workplace.c360("build").code == 2, "dbt compares the types of its contract"

    draft = workplace.c360("import", "--table", "analytics.herd", "--name", "drafted")
    assert draft.code == 0, draft.err
    assert workplace.c360("lint", "contracts").code == 0
    drafted = (root / "contracts" / "sources" / "drafted" / "0.1.0.odcs.yaml").read_text()
    assert [line.split()[1] for line in drafted.splitlines() if "physicalType" in line] == [
        "table", "text", "numeric(8,2)", "text",
    ]  # fmt: skip
    assert "# Its minimum is what CHECK weighs says." in drafted and "- value: wild" in drafted
    workplace.sql("drop schema zoo cascade; drop domain citext cascade")
