"""The enforcement points: each tells, by clause, what it found in every world. All run the real tools."""

import json
import os
import shutil
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from c360.contract import find_contracts
from c360.database import connect, libpq_env
from c360.generate.plan import Catalog
from c360.history import Run
from c360.settings import Settings

from .clean import NOW
from .worlds import World, write_file

AS_OF = f"{NOW.isoformat()}Z"
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Found:
    """Ids of the clauses that a point found broken, to be warned of, or could not tell; `notes` say why."""

    broken: set[str] = field(default_factory=set)
    warned: set[str] = field(default_factory=set)
    untold: set[str] = field(default_factory=set)
    told: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, clause: str, outcome: str) -> None:
        self.told += 1
        sets = {"failed": self.broken, "warned": self.warned, "passed": set()}
        sets.get(outcome, self.untold).add(clause)


def soda(worlds: list[World], settings: Settings, generated: Path) -> dict[str, Found]:
    """`soda scan` of the generated SodaCL over the typed tables, by Soda's own classes and its own connection."""
    from c360.gate.scan import _no_telemetry

    _no_telemetry(settings.home)
    from soda.scan import Scan

    with _environment(libpq_env(settings)):
        return {world.name: _scan(Scan(), world, generated) for world in worlds}


def _scan(scan: Any, world: World, generated: Path) -> Found:
    scan.set_data_source_name("raw")
    scan.disable_telemetry()
    template = (REPOSITORY / "soda_checks" / "configuration.yml").read_text()
    scan.add_configuration_yaml_str(template.replace("schema: raw", f"schema: {world.name}"))
    scan.add_variables({"NOW": AS_OF})
    scan.add_sodacl_yaml_file(str(generated / "soda_checks" / f"{world.dataset}.yml"))
    scan.execute()
    found = Found()
    for check in scan.get_scan_results()["checks"]:
        outcome = {"pass": "passed", "fail": "failed", "warn": "warned"}.get(check["outcome"] or "", "errored")
        found.add(world.original(check["name"]), outcome)
    for source in scan._data_source_manager.data_sources.values():  # Soda leaves them open, in a transaction
        source.connection.close()
    return found


def ingest(worlds: list[World], settings: Settings, contracts: Path, files: Path) -> dict[str, Found]:
    """The gate on delivered files: land, scan, split. A row that breaks a clause has to be in quarantine for it."""
    from c360.gate.ingest import ingest as through_the_gate

    catalog = Catalog.of(_into_schemas_of_its_own(find_contracts(contracts)))
    files.mkdir()
    run = Run.start("gate", NOW.replace(tzinfo=_utc()))
    database = connect(settings)
    results = {}
    for world in worlds:
        dataset = catalog.find(world.dataset)[1]
        for name in ("owners",):  # the rest of the contract is delivered first
            if world.mutation.dataset == "keys":
                _deliver_clean(through_the_gate, database, catalog, world, name, run, settings, files)
        result = through_the_gate(database, catalog, dataset.name, write_file(world, files), run, settings)
        found = Found(notes=[result.reason] if result.reason else [])
        for one in result.findings:
            found.add(world.original(one.clause.id), one.outcome)
        quarantined = _quarantined(database, dataset.name)
        rows = {c.id for c in dataset.clauses if c.scope == "row" or c.kind == "physicalType"}
        warned = {c.id for c in dataset.clauses if c.severity == "warning"}
        told = {one.clause.id for one in result.findings if one.outcome == "failed"} & rows - warned
        if result.outcome == "accepted" and told != quarantined:
            found.notes.append(f"quarantined for {sorted(quarantined)}, told {sorted(told)}")
            found.broken |= {world.original(c) for c in quarantined}
        results[world.name] = found
    database.close()
    return results


def _deliver_clean(
    through_the_gate: Any,
    database: Any,
    catalog: Catalog,
    world: World,
    name: str,
    run: Run,
    settings: Settings,
    files: Path,
) -> None:
    from .clean import clean
    from .worlds import as_csv

    path = files / f"{world.name}_{name}.csv"
    path.write_text(as_csv(clean(name), list(clean(name)[0])))
    through_the_gate(database, catalog, world.renamed(name), path, run, settings)


def _into_schemas_of_its_own(contracts: Iterable[Any]) -> list[Any]:
    """The gate makes its tables itself: not where the mutated ones are."""
    return [
        replace(
            c, datasets=tuple(d if d.schema == "shared" else replace(d, schema=f"{d.schema}_raw") for d in c.datasets)
        )
        for c in contracts
    ]


def _quarantined(database: Any, dataset: str) -> set[str]:
    with database, database.cursor() as cursor:
        cursor.execute("select distinct unnest(clauses) from quarantine.rows where dataset = %s", (dataset,))
        return {clause for (clause,) in cursor.fetchall()}


def verify(worlds: list[World], settings: Settings, contracts: Path) -> dict[str, Found]:
    """`c360 verify` on the folder: datacontract test, and our own queries where it cannot see."""
    import contextlib
    import io

    from c360.cli import main

    out = io.StringIO()
    with _environment(_own(settings)), contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main(["verify", "--contracts", str(contracts), "--as-of", AS_OF, "--json"])
    results = {world.name: Found() for world in worlds}
    by_contract = {world.name: world for world in worlds}
    for line in json.loads(out.getvalue()):
        world = by_contract.get(line["contract"].rpartition("__")[2])
        if world:
            results[world.name].add(world.original(line["clause"]), line["outcome"])
    return results


def dbt(worlds: list[World], settings: Settings, generated: Path, project: Path) -> dict[str, Found]:
    """dbt build over what was generated, then source freshness, in a project that installs our package."""
    _scratch(worlds, generated, project)
    environment = libpq_env(settings) | {
        "DBT_PROJECT_DIR": str(project),
        "DBT_PROFILES_DIR": str(project),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_LOG_LEVEL": "none",
        "DBT_LOG_LEVEL_FILE": "none",
        "DBT_USE_COLORS": "false",
    }
    results = {world.name: Found() for world in worlds}
    by_dataset = {world.dataset: world for world in worlds}
    with _environment(environment):
        from dbt.cli.main import dbtRunner

        deps = dbtRunner().invoke(["deps", "--quiet"])
        assert deps.success, deps.exception
        variables = ["--vars", json.dumps({"as_of": AS_OF}), "--quiet"]
        parsed = dbtRunner().invoke(["parse", "--no-partial-parse", *variables])
        if parsed.exception:
            raise parsed.exception
        runner = dbtRunner(manifest=parsed.result)
        for command in (["build"], ["source", "freshness"]):
            answer = runner.invoke([*command, "--select", "package:scratch", *variables])
            if answer.exception:
                raise answer.exception
            for node in answer.result.results:
                _note(node, by_dataset, results, freshness=command[0] == "source")
    return results


def _note(node: Any, by_dataset: dict[str, World], results: dict[str, Found], freshness: bool) -> None:
    clause = str((node.node.config.meta or {}).get("clause") or "")
    if not clause:
        world = by_dataset.get(node.node.name)
        if world and str(node.status) == "error":
            _refused_model(node.message or "", world, results[world.name])
        return
    world = by_dataset.get(clause.split(".")[0])
    if world is None:
        return
    status = str(node.status)
    outcome = {"pass": "passed", "fail": "failed", "warn": "warned"}.get(status, "errored")
    if freshness:  # dbt warns at three quarters of the promise, which is not a breach
        outcome = {"pass": "passed", "warn": "passed", "error": "failed"}.get(status, "errored")
    if outcome == "errored" and status != "skipped":
        results[world.name].notes.append(f"{clause}: {str(node.message).splitlines()[:2]}")
    results[world.name].add(world.original(clause), outcome)


def _refused_model(message: str, world: World, found: Found) -> None:
    """A model that breaks its enforced contract is not built: dbt says why by column, where tests would by clause."""
    import re

    found.notes.append("dbt did not build the model")
    dataset = world.mutation.dataset
    null = re.search(r'null value in column "([^"]+)"', message)
    if null:
        found.add(f"{dataset}.{null[1]}.required", "failed")
    for column, definition, contract, _ in re.findall(
        r"^\s*\|\s*(\S+)\s*\|\s*(.*?)\s*\|\s*(.*?)\s*\|\s*(.*?)\s*\|$", message, re.M
    ):
        if set(column) == {"-"} or column == "column_name":
            continue
        if not definition:
            found.add(f"{dataset}.{column}.present", "failed")
        elif not contract:
            found.add(f"{dataset}.unexpectedColumns", "failed")
        else:
            found.add(f"{dataset}.{column}.physicalType", "failed")


def _scratch(worlds: list[World], generated: Path, project: Path) -> None:
    models = project / "models"
    models.mkdir(parents=True)
    shutil.copytree(generated / "dbt_package" / "models" / "contracts", models / "contracts")
    for world in worlds:
        if world.layer == "products":
            (models / f"{world.dataset}.sql").write_text(f'select * from "{world.name}"."{world.dataset}"\n')
    (project / "dbt_project.yml").write_text(
        "name: scratch\nversion: 1.0.0\nconfig-version: 2\nprofile: customer360\n"
        "models:\n  scratch: {+materialized: table}\n"
        "flags: {send_anonymous_usage_stats: false}\n"
    )
    (project / "packages.yml").write_text(f"packages:\n  - local: {REPOSITORY / 'dbt_package'}\n")
    shutil.copy(REPOSITORY / "integration_tests" / "profiles.yml", project)


def _own(settings: Settings) -> dict[str, str]:
    return {
        "C360_ROOT": str(settings.root),
        "C360_HOME": str(settings.home),
        "C360_DATABASE_URL": settings.database_url or "",
    }


def _utc() -> Any:
    from datetime import UTC

    return UTC


@contextmanager
def _environment(values: dict[str, str]) -> Any:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
