"""Random contracts and random rows: plain Python, split, Soda, dbt and verify agree on which row breaks what."""

import itertools
import json
import math
import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from c360.clause.dialect import POSTGRES, canonical_type
from c360.contract import load_contract
from c360.contract.catalog import Catalog
from c360.database import connect, libpq_env
from c360.database.scanner import scanner
from c360.engine.postgres.engine import PostgresEngine
from c360.engine.postgres.measure import measure_table
from c360.engine.postgres.soda import scan
from c360.gate.ingest import ingest
from c360.generate import plan, soda, target_of
from c360.ledger.history import Run
from c360.ledger.tables import prepare
from c360.model import Contract
from c360.settings import load

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PARENTS = range(1, 6)
q = POSTGRES.quote

NAMES = ("plain", "Mixed Case", "order", "dot.ted", "größe", "_under", "100%")
PATTERNS = (r"^a+$", r"b", r"^\d{1,2}$", r"^[^\s]*$", r"\ba\b", r"^(a|b\\)$", r"^\w*$", r"[.$]", r"^.?'$")
TEXT = st.text("ab1'\\ \n.$%{}é٣,\"A", max_size=4)
INTEGERS = st.integers(-6, 6)
DECIMALS = st.decimals("-9.99", "9.99", places=2)
FLOATS = st.one_of(
    st.sampled_from([0.1, 0.3, 0.7, -0.25, 1e300, 5e-324, math.nan, math.inf, -math.inf]), st.integers(-3, 3).map(float)
)
DATES = st.dates(date(2024, 2, 26), date(2024, 3, 3))
BOUNDS = {
    "minimum": lambda value, bound: value >= bound,
    "maximum": lambda value, bound: value <= bound,
    "exclusiveMinimum": lambda value, bound: value > bound,
    "exclusiveMaximum": lambda value, bound: value < bound,
}
KINDS = {
    "text": ("string", "text", TEXT),
    "varchar": ("string", "varchar(20)", TEXT),
    "integer": ("integer", "integer", INTEGERS),
    "numeric": ("number", "numeric(8,2)", DECIMALS),
    "double": ("number", "double precision", FLOATS),
    "date": ("date", "date", DATES),
    "reference": ("integer", "integer", st.integers(0, 7)),
}
_numbers = itertools.count()


@dataclass(frozen=True)
class World:
    """A contract document without its name, rows by physical column, and what Python says of them: rows by clause."""

    document: dict[str, Any]
    rows: list[dict[str, Any]]
    broken: dict[str, set[int]]


@st.composite
def worlds(draw: Any) -> World:
    rows = [
        {"id": draw(st.one_of(st.none(), st.integers(1, 30))), "n": n} for n in range(1, draw(st.integers(1, 12)) + 1)
    ]
    properties: list[dict[str, Any]] = [
        {"name": "id", "logicalType": "integer", "physicalType": "integer", "primaryKey": True, "required": True},
        {"name": "n", "logicalType": "integer", "physicalType": "integer"},
    ]
    keys = [row["id"] for row in rows]
    broken = {
        "id.required": {i for i, key in enumerate(keys, 1) if key is None},
        "id.primaryKey": _repeated(keys),
    }
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=3)):
        kind = draw(st.sampled_from(list(KINDS)))
        logical, physical, values = KINDS[kind]
        prop: dict[str, Any] = {"name": name, "logicalType": logical, "physicalType": physical}
        column = [draw(st.one_of(st.none(), values)) for _ in rows]
        for row, value in zip(rows, column, strict=True):
            row[name] = value
        _promise(draw, prop, kind, values, column, broken)
        properties.append(prop)
    document = {
        "apiVersion": "v3.2.0", "kind": "DataContract", "version": "1.0.0", "status": "active",
        "customProperties": [{"property": "maxQuarantineRatio", "value": 1}],
        "schema": [{"properties": properties}],
    }  # fmt: skip
    return World(document, rows, broken)


def _promise(draw: Any, prop: dict, kind: str, values: Any, column: list[Any], broken: dict[str, set[int]]) -> None:
    """Clauses for one column, and which rows break each, told by Python alone."""
    name, options = prop["name"], {}

    def check(clause: str, holds: Any) -> None:
        broken[f"{name}.{clause}"] = {i for i, v in enumerate(column, 1) if v is not None and not holds(v)}

    if draw(st.booleans()):
        prop["required"] = True
        broken[f"{name}.required"] = {i for i, v in enumerate(column, 1) if v is None}
    if kind != "double" and draw(st.booleans()):
        prop["unique"] = True
        broken[f"{name}.unique"] = _repeated(column)
    if kind == "reference":
        prop["relationships"] = [{"type": "foreignKey", "to": "parents.id"}]
        check("relationship", lambda v: v in PARENTS)
    elif kind in ("text", "varchar"):
        if draw(st.booleans()):
            listed = draw(st.lists(values, unique=True, min_size=1, max_size=4))
            prop["enum"] = [{"value": value} for value in listed]
            check("enum", lambda v: v in listed)
        if draw(st.booleans()):
            pattern = draw(st.sampled_from(PATTERNS))
            options["pattern"] = pattern
            python = re.compile(pattern.replace("$", r"\Z") if pattern.endswith("$") else pattern, re.ASCII)
            check("pattern", lambda v: python.search(v))
        for option, holds in (("minLength", lambda v, n: len(v) >= n), ("maxLength", lambda v, n: len(v) <= n)):
            if draw(st.booleans()):
                size = options[option] = draw(st.integers(0, 4))
                check(option, lambda v, holds=holds, size=size: holds(v, size))
    else:
        for option, holds in BOUNDS.items():
            if draw(st.booleans()):
                finite = values if kind == "date" else values.filter(math.isfinite)
                bound = draw(finite)
                options[option] = _written(bound)
                check(option, lambda v, holds=holds, bound=bound: holds(v, bound))  # NaN keeps no bound, as in Python
        if kind != "date" and draw(st.booleans()):
            step = draw(st.sampled_from([1, 2, 3] if kind == "integer" else [0.05, 0.1, 0.25, 2]))
            options["multipleOf"] = step
            check("multipleOf", lambda v: _multiple(v, step))
    if options:
        prop["logicalTypeOptions"] = options


def _repeated(values: list[Any]) -> set[int]:
    counts = Counter(value for value in values if value is not None)
    return {i for i, value in enumerate(values, 1) if counts[value] > 1}


def _multiple(value: Any, step: Any) -> bool:
    if isinstance(value, float):
        if not math.isfinite(value):
            return False
        # as Postgres casts a double to numeric: with 15 significant digits
        value = f"{value:.15g}"
    from fractions import Fraction

    return Fraction(str(value)) % Fraction(str(step)) == 0


def _written(bound: Any) -> Any:
    return float(bound) if isinstance(bound, Decimal) else bound.isoformat() if isinstance(bound, date) else bound


def build(world: World, folder: Path) -> tuple[Contract, str]:
    name = f"world{next(_numbers)}"
    document = {**world.document, "id": name, "name": name}
    document["servers"] = [{"server": "local", "type": "postgres", "schema": name}]
    document["customProperties"] = [*document["customProperties"], {"property": "system", "value": name}]
    document["schema"] = [{**document["schema"][0], "name": name}]
    path = folder / "sources" / f"{name}.odcs.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    return load_contract(path, folder), name


def parents(folder: Path) -> Contract:
    path = folder / "sources" / "parents.odcs.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "apiVersion: v3.2.0\nkind: DataContract\nid: parents\nname: parents\nversion: 1.0.0\nstatus: active\n"
        "servers: [{server: local, type: postgres, schema: family}]\n"
        "schema: [{name: parents, properties: "
        "[{name: id, logicalType: integer, physicalType: integer, primaryKey: true}]}]\n"
    )
    return load_contract(path, folder)


def as_csv(rows: list[dict[str, Any]]) -> str:
    lines = [list(rows[0]), *[list(row.values()) for row in rows]]
    return "".join(",".join(_field(value) for value in line) + "\n" for line in lines)


def _field(value: Any) -> str:
    if value is None:
        return ""
    text = (
        {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, str(value))
        if isinstance(value, float)
        else str(value)
    )
    return '"' + ("NaN" if text == "nan" else text).replace('"', '""') + '"'


def make_table(cursor: Any, contract: Contract, rows: list[dict[str, Any]]) -> None:
    (dataset,) = contract.datasets
    cursor.execute(f"create schema {q(dataset.schema)}")
    columns = ", ".join(f"{q(c.physical_name)} {canonical_type(c.physical_type)}" for c in dataset.columns)
    table = f"{q(dataset.schema)}.{q(dataset.table)}"
    cursor.execute(f"create table {table} ({columns})")
    with cursor.copy(f"copy {table} from stdin (format csv, header)") as copy:
        copy.write(as_csv(rows))


def counted(world: World) -> dict[str, int]:
    """What an engine that counts keys, where a key is repeated, and rows elsewhere would measure."""
    counts = {clause: len(rows) for clause, rows in world.broken.items()}
    for clause, rows in world.broken.items():
        column, _, kind = clause.rpartition(".")
        if kind in ("unique", "primaryKey"):
            counts[clause] = len({world.rows[i - 1][column] for i in rows})
    return counts


def at_gate(world: World) -> dict[str, set[int]]:
    """What the gate says of rows: one that is lost by another clause claims no value that is unique."""
    lost = set().union(*(rows for clause, rows in world.broken.items() if not clause.endswith(".unique")))
    broken = dict(world.broken)
    for clause in (clause for clause in broken if clause.endswith(".unique")):
        column = clause.removesuffix(".unique")
        broken[clause] = _repeated([None if n in lost else row[column] for n, row in enumerate(world.rows, 1)])
    return broken


def of_rows(verdicts: dict[str, Any], name: str, world: World) -> dict[str, int]:
    return {clause: int(verdicts[f"{name}.{clause}"]) for clause in world.broken}


@pytest.fixture(scope="module")
def lab(database, tmp_path_factory):
    """The module's database with a table of parents to refer to, and a folder for contracts."""
    folder = tmp_path_factory.mktemp("contracts")
    connection = connect(database)
    prepare(connection)
    family = parents(folder)
    with connection.transaction(), connection.cursor() as cursor:
        make_table(cursor, family, [{"id": n} for n in PARENTS])
        cursor.execute("alter table family.parents add primary key (id)")
    yield connection, database, folder, family
    connection.close()


@settings(
    max_examples=40,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(world=worlds())
def test_split_soda_and_verify_agree_with_python(lab, world):
    connection, database, folder, family = lab
    contract, name = build(world, folder)
    catalog = Catalog.of([family, contract])
    (dataset,) = contract.datasets
    with connection.transaction(), connection.cursor() as cursor:
        make_table(cursor, contract, world.rows)
    verdicts = scan(database, soda.render(catalog, contract, dataset), [name], NOW)
    assert of_rows({k: v.measured for k, v in verdicts.items()}, name, world) == counted(world)
    with scanner(database, [name]) as looking:
        found = measure_table(looking, catalog, dataset, NOW)
    assert of_rows({k: v.measured for k, v in found.items()}, name, world) == counted(world)

    delivered = replace(contract, datasets=(replace(dataset, schema=f"{name}_raw"),))
    file = folder / f"{name}.csv"
    file.write_text(as_csv(world.rows), newline="")
    engine = PostgresEngine(connection, database)
    result = ingest(connection, engine, Catalog.of([family, delivered]), name, file, Run.start("gate", NOW))
    assert result.outcome == "accepted", result.reason
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("select row_number, clauses from quarantine.rows where dataset = %s", (name,))
        quarantined = {clause: set() for clause in world.broken}
        for row, clauses in cursor.fetchall():
            for clause in clauses:
                quarantined[clause.removeprefix(f"{name}.")].add(row)
    assert quarantined == at_gate(world)


@settings(
    max_examples=1, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True
)
@given(many=st.lists(worlds(), min_size=10, max_size=10))
def test_dbt_agrees_with_python(lab, tmp_path_factory, many):
    connection, database, folder, family = lab
    built = [(world, *build(world, folder)) for world in many]
    files = plan(
        Catalog.of([family, *(contract for _, contract, _ in built)]), target_of(load({"C360_ROOT": str(ROOT)}))
    )
    project = tmp_path_factory.mktemp("dbt")
    models = project / "models"
    models.mkdir()
    for path, text in files.items():
        if path.startswith("dbt_package/models/"):
            (models / Path(path).name).write_text(text)
    (project / "dbt_project.yml").write_text("name: scratch\nversion: 1.0.0\nconfig-version: 2\nprofile: customer360\n")
    (project / "packages.yml").write_text(f"packages:\n  - local: {ROOT / 'dbt_package'}\n")
    shutil.copy(ROOT / "integration_tests" / "profiles.yml", project)
    with connection.transaction(), connection.cursor() as cursor:
        for world, contract, _ in built:
            make_table(cursor, contract, world.rows)
    environment = libpq_env(database) | {
        "DBT_PROJECT_DIR": str(project), "DBT_PROFILES_DIR": str(project), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_LOG_LEVEL": "none", "DBT_LOG_LEVEL_FILE": "none",
    }  # fmt: skip
    with mock.patch.dict(os.environ, environment):
        from dbt.cli.main import dbtRunner

        assert dbtRunner().invoke(["deps", "--quiet"]).success
        answer = dbtRunner().invoke(
            ["test", "--select", "package:scratch", "--vars", json.dumps({"as_of": NOW.isoformat()})]
        )
    assert not answer.exception, answer.exception
    failures = {node.node.config.meta["clause"]: (str(node.status), node.failures) for node in answer.result.results}
    for world, _, name in built:
        told = {clause: failures[f"{name}.{clause}"] for clause in world.broken}
        assert {clause: count for clause, (_, count) in told.items()} == counted(world)
        assert {clause for clause, (status, _) in told.items() if status == "fail"} == {
            c for c, n in counted(world).items() if n
        }
