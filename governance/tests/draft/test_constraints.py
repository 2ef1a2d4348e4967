"""Constraints of several columns, CHECKs, and types that a database has of its own: kept from SQL and from the table
itself alike, told where no clause says them, and held at the gate."""

import json
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from c360.contract.classifications import classifications
from c360.database import connect
from c360.database.programs import folder
from c360.draft.sources import drafts_of
from c360.draft.table import from_table
from c360.draft.write import Draft, as_yaml
from c360.settings import Settings

SQL = """
create schema farm;
create type farm."Mood; of 'it'" as enum ('wild', 'calm', 'it''s ${table}');
create domain farm.pos as numeric(8,2) not null constraint pos_check check (value >= 0);
create domain farm.small_pos as farm.pos check (value < 1000);
create table farm.fields (country char(2), no integer, name_of text, primary key (country, no));
create table farm.plots (
    id bigint primary key,
    country char(2) not null,
    field_no integer,
    "row" integer check ("row" between 1 and 500),
    "The Col" integer check ("The Col" >= 0 and "The Col" < "row"),
    kind varchar(10) check (kind in ('wheat', 'it''s rye')),
    code text check (code ~ '^[A-Z]{2}-[0-9]+$'),
    spot text check (length(spot) <= 5 and spot <> 'no'),
    sown date check (sown >= date '2020-01-01'),
    seen timestamptz check (seen > '2020-01-01 00:00:00+00'),
    yield farm.small_pos,
    mood farm."Mood; of 'it'",
    owner_email citext unique,
    sku citext check (sku <> 'a'),
    owner_name text constraint "no ""boss"" here" check (owner_name <> 'Zq Boss' and length(owner_name) < 50),
    parent_id bigint references farm.plots,
    constraint "all; of ${table}" unique (country, "row", "The Col"),
    constraint to_field foreign key (country, field_no) references farm.fields,
    constraint "sum; of ${table}" check ("row" + "The Col" < 900),
    constraint moody check (mood < 'calm'),
    constraint apart exclude (id with =)
);
create unique index "both; ways" on farm.plots (kind, sown);
create unique index codes on farm.plots (lower(code)) where owner_name <> 'Zq Boss';
alter table farm.plots add check (field_no <> 7 and id > 0);
comment on constraint to_field on farm.plots is 'x;y';
"""
PLOT = {
    "id": 1, "country": "AU", "field_no": 1, "row": 2, "The Col": 1, "kind": "wheat", "code": "AB-1", "spot": "x",
    "sown": "2021-01-01", "seen": "2021-01-01T00:00:00Z", "yield": "1.50", "mood": "calm", "owner_email": "a@b.cd",
    "sku": "b", "owner_name": "Ann", "parent_id": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def farm(database: Settings) -> Settings:
    with closing(connect(database, role=None)) as connection, connection.transaction(), connection.cursor() as cursor:
        cursor.execute("create domain citext as text")  # the embedded Postgres does not carry the extension
        cursor.execute(SQL)
        cursor.execute("insert into farm.fields values ('AU', 1, 'x')")
    return database


def from_database(farm: Settings, table: str) -> Draft:
    known = {"fields": frozenset({"country", "no"})}
    with closing(connect(farm, role=None)) as connection:
        return from_table(connection, f"farm.{table}", table, classifications(), known)


def from_sql(tmp_path: Path, text: str, table: str = "plots") -> Draft:
    (tmp_path / "farm.sql").write_text(text)
    return next(draft for draft in drafts_of({tmp_path / "farm.sql": ""}, classifications(), {}) if draft.name == table)


def columns(draft: Draft) -> dict[str, dict[str, Any]]:
    return {prop.document["name"]: prop.document for prop in draft.tables[0].properties}


def test_what_a_table_declares_is_kept(farm: Settings) -> None:
    draft = from_database(farm, "plots")
    found, table = columns(draft), draft.tables[0]
    assert {name: prop["logicalTypeOptions"] for name, prop in found.items() if "logicalTypeOptions" in prop} == {
        "id": {"exclusiveMinimum": 0},
        "row": {"minimum": 1, "maximum": 500},
        "The Col": {"minimum": 0},
        "code": {"pattern": "^[A-Z]{2}-[0-9]+$"},
        "spot": {"maxLength": 5},
        "sown": {"minimum": "2020-01-01"},
        "seen": {"exclusiveMinimum": "2020-01-01T00:00:00+00:00"},
        "yield": {"minimum": 0, "exclusiveMaximum": 1000},
    }
    assert found["kind"]["enum"] == [{"value": "wheat"}, {"value": "it's rye"}]
    assert found["mood"]["enum"] == [{"value": "wild"}, {"value": "calm"}, {"value": "it's ${table}"}]
    assert (found["mood"]["physicalType"], found["owner_email"]["physicalType"]) == ("text", "text")
    assert (found["yield"]["physicalType"], found["yield"]["required"]) == ("numeric(8,2)", True)
    assert found["owner_email"]["unique"] and found["parent_id"]["relationships"][0]["to"] == "plots.id"
    assert table.document["relationships"] == [
        {"type": "foreignKey", "from": ["plots.country", "plots.field_no"], "to": ["fields.country", "fields.no"]}
    ]
    rules = {rule["id"]: rule for rule in table.document["quality"]}
    assert rules["all_of_table"]["arguments"] == {"properties": ["country", "row", "The Col"]}
    assert rules["both_ways"]["arguments"] == {"properties": ["kind", "sown"]}
    assert {name: rule["query"].partition("WHERE ")[2] for name, rule in rules.items() if "query" in rule} == {
        "plots_check": """NOT ("The Col" < "row")""",
        "plots_spot_check": "NOT (spot <> 'no')",
        "plots_check1": "NOT (field_no <> 7)",
        "sum_of_table": """NOT (("row" + "The Col") < 900)""",
    }


def test_what_no_clause_says_is_told_and_names_nobody(farm: Settings, tmp_path: Path) -> None:
    for draft in (from_database(farm, "plots"), from_sql(tmp_path, SQL)):
        told = "\n".join(draft.tables[0].evidence)
        assert "No clause says what constraint codes does:" in told and "does: EXCLUDE" in told
        assert "CHECK moody is not drafted: mood compares as enum there, and as text here: " in told
        assert " is not drafted: sku compares as citext there, and as text here: " in told
        assert 'CHECK no "boss" here is not drafted: it compares what tells a person with a text' in told
        assert "Its minimum is what CHECK pos_check says." in as_yaml(draft)
        assert "Zq" not in as_yaml(draft)


def test_sql_and_what_pg_dump_writes_of_it_say_the_same_as_the_table(farm: Settings, tmp_path: Path) -> None:
    given = [str(folder() / "pg_dump"), "--schema-only", "--schema=farm", str(farm.database_url)]
    dump = subprocess.run(given, capture_output=True, text=True, check=True).stdout
    read = from_database(farm, "plots")

    def promised(draft: Draft) -> Any:
        keys = ("required", "unique", "primaryKey", "enum", "logicalTypeOptions", "relationships")
        rules = [
            {key: rule[key] for key in ("query", "arguments") if key in rule}
            for rule in draft.tables[0].document["quality"]
        ]
        told = {name: {key: prop.get(key) for key in keys} for name, prop in columns(draft).items()}
        return told, draft.tables[0].document["relationships"], sorted(map(repr, rules))

    assert promised(from_sql(tmp_path, dump)) == promised(read)
    told, relationships, rules = promised(from_sql(tmp_path, SQL))
    assert (told, relationships) == promised(read)[:2]
    assert [rule.replace("(", "").replace(")", "") for rule in rules] == [
        rule.replace("(", "").replace(")", "") for rule in promised(read)[2]
    ]


def test_the_draft_holds_at_the_gate_what_the_table_held(farm: Settings, workplace: Any, tmp_path: Path) -> None:
    (tmp_path / "c360.toml").write_text("[lint]\nstrict = true")
    for table in ("fields", "plots"):
        path = tmp_path / "contracts" / "sources" / table / "1.0.0.odcs.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(as_yaml(from_database(farm, table)))
    workplace = replace(workplace, settings=replace(workplace.settings, root=tmp_path))
    assert workplace.c360("lint").code == 0 and workplace.c360("generate").code == 0
    fields = workplace.write("fields.csv", [{"country": "AU", "no": n, "name_of": "x"} for n in range(9)])
    assert workplace.ingest("fields", fields).code == 0

    def plot(number: int, **changes: Any) -> dict[str, Any]:
        """One that breaks nothing, and shares no key with another."""
        own = {"id": number, "row": number, "owner_email": f"a{number}@b.cd", "sown": date(2021, 1, number % 28 + 1)}
        return {**PLOT, **own, "kind": "wheat" if number < 28 else "it's rye", **changes}

    good = [plot(number) for number in range(2, 50)]
    bad = [
        {"row": 501}, {"The Col": 60, "row": 60}, {"kind": "rye"}, {"code": "x"}, {"spot": "sixsix"}, {"spot": "no"},
        {"sown": "2019-12-31"}, {"yield": "-0.01"}, {"yield": ""}, {"mood": "it"}, {"country": "NZ"}, {"field_no": 7},
    ]  # fmt: skip
    rows = [plot(100 + n, sown=date(2022, 1, n)) | row for n, row in enumerate(bad, start=1)]
    taken = workplace.ingest("plots", workplace.write("plots.csv", good + rows)).only
    assert (taken["outcome"], taken["promoted"], taken["quarantined"]) == ("accepted", len(good), len(bad))
    assert taken["rows_by_clause"] == dict.fromkeys(
        [
            "plots.row.maximum", "plots.plots_check", "plots.kind.enum", "plots.code.pattern", "plots.spot.maxLength",
            "plots.plots_spot_check", "plots.sown.minimum", "plots.yield.minimum", "plots.yield.required",
            "plots.mood.enum", "plots.relationship", "plots.plots_check1",
        ],
        1,
    )  # fmt: skip
    for rule, same in (("all_of_table", {"row": 2}), ("both_ways", {"sown": date(2021, 1, 3)})):
        twice = workplace.write(f"{rule}.csv", [plot(2), plot(3, **same)])
        refused = workplace.ingest("plots", twice).only
        assert (refused["outcome"], rule in str(refused)) == ("refused", True)


def test_constraints_of_dbt(tmp_path: Path) -> None:
    numbers = {name: {"name": name, "data_type": "integer"} for name in ("a", "b", "c")}
    numbers["c"]["constraints"] = [{"type": "check", "expression": "c > 5"}]
    constraints = [
        {"type": "unique", "columns": ["a", "b"], "name": "ab"},
        {"type": "foreign_key", "columns": ["a", "b"], "to": '"db"."app"."pairs"', "to_columns": ["x", "y"]},
        {"type": "check", "expression": "a < b", "name": "less"},
        {"type": "custom", "expression": "tag 'Zq'"},
    ]
    model = {"resource_type": "model", "unique_id": "m", "name": "m", "columns": numbers, "constraints": constraints}
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": {"m": model}}))
    known = {"pairs": frozenset({"x", "y"})}
    (draft,) = drafts_of({tmp_path / "manifest.json": ""}, classifications(), known)
    (table,) = draft.tables
    assert table.document["relationships"][0]["to"] == ["pairs.x", "pairs.y"]
    assert [rule["id"] for rule in table.document["quality"]] == ["ab", "less"]
    assert columns(draft)["c"]["logicalTypeOptions"] == {"exclusiveMinimum": 5}
    assert "No clause says what constraint does: custom tag '…'" in table.evidence


def test_nothing_that_sqlglot_does_not_know_is_quoted(tmp_path):
    """In a process of its own, where nothing else has silenced it."""
    path = tmp_path / "s.sql"
    path.write_text("create domain named as text check (value <> 'Jane Roe'); create table t (id int, n named)")
    read = f"from pathlib import Path; from c360.draft.ddl import tables_of; tables_of(Path({str(path)!r}), 'postgres')"
    done = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
