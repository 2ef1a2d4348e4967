"""The enforcement points: each tells, by clause, what it found in every world. All run the real tools."""

import json
import os
import shutil
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.database import connect, libpq_env
from c360.errors import CouldNotTell
from c360.ledger.history import Run
from c360.project import Project
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
    from c360.engine.postgres.soda import no_telemetry

    no_telemetry(settings.home)
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
    from c360.engine import engine_of
    from c360.gate.ingest import ingest as through_the_gate

    catalog = Catalog.of(_into_schemas_of_its_own(find_contracts(contracts)))
    files.mkdir()
    run = Run.start("gate", NOW.replace(tzinfo=_utc()))
    database = connect(settings)
    engine = engine_of(database, settings, catalog.contracts[0])
    take = partial(through_the_gate, database, engine, catalog)
    results = {}
    for world in worlds:
        dataset = catalog.find(world.dataset)[1]
        for name in ("owners",):  # the rest of the contract is delivered first
            if world.mutation.dataset == "keys":
                _deliver_clean(take, world, name, run, files)
        result = take(dataset.name, write_file(world, files), run)
        found = Found(notes=[result.reason] if result.reason else [])
        for one in result.findings:
            found.add(world.original(one.clause.id), one.outcome)
        quarantined = _quarantined(database, dataset.name)
        rows = {c.id for c in dataset.clauses if c.kind.loses_rows}
        warned = {c.id for c in dataset.clauses if c.severity == "warning"}
        told = {one.clause.id for one in result.findings if one.outcome == "failed"} & rows - warned
        if result.outcome == "accepted" and told != quarantined:
            found.notes.append(f"quarantined for {sorted(quarantined)}, told {sorted(told)}")
            found.broken |= {world.original(c) for c in quarantined}
        results[world.name] = found
    database.close()
    return results


def _deliver_clean(take: Any, world: World, name: str, run: Run, files: Path) -> None:
    from .clean import clean
    from .worlds import as_csv

    path = files / f"{world.name}_{name}.csv"
    path.write_text(as_csv(clean(name), list(clean(name)[0])))
    take(world.renamed(name), path, run)


def _into_schemas_of_its_own(contracts: Iterable[Any]) -> list[Any]:
    """The gate makes its tables itself: not where the mutated ones are."""
    return [
        replace(
            c, datasets=tuple(d if d.schema == "shared" else replace(d, schema=f"{d.schema}_raw") for d in c.datasets)
        )
        for c in contracts
    ]


def _quarantined(database: Any, dataset: str) -> set[str]:
    with database.transaction(), database.cursor() as cursor:
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


def dbt(worlds: list[World], settings: Settings, contracts: Path, generated: Path, root: Path) -> dict[str, Found]:
    """What `c360 build` does, in a project that installs our package, judged by what it puts into the history."""
    from c360.dbt.build import dbt as session
    from c360.dbt.build import judge_models, judge_sources

    there = replace(settings, root=root, dbt_packages=root / "none")  # Elementary has tests of its own
    _scratch(worlds, generated, there.dbt_project)
    project = Project(there, Catalog.of(find_contracts(contracts)), contracts)
    run = Run.start("build", NOW.replace(tzinfo=_utc()))
    database = connect(settings)
    with session(project, run.as_of) as invoke:
        with suppress(
            CouldNotTell
        ):  # sources that a mutation made stale, and those of our package, which are not there
            judge_sources(project, database, run, invoke)
        judge_models(project, database, run, invoke, "--select", "package:scratch", "--log-level", "none")
    with database.transaction(), database.cursor() as cursor:
        cursor.execute("select clause, outcome, detail from governance.history where run_id = %s", (str(run.id),))
        lines = cursor.fetchall()
    database.close()
    results = {world.name: Found() for world in worlds}
    by_dataset = {world.dataset: world for world in worlds}
    for clause, outcome, detail in lines:
        world = by_dataset.get(clause.split(".")[0])
        if world:
            results[world.name].add(world.original(clause), outcome)
            if detail and outcome != "passed":
                results[world.name].notes.append(f"{clause}: {detail}")
    return results


def _scratch(worlds: list[World], generated: Path, project: Path) -> None:
    models = project / "models"
    models.mkdir(parents=True)
    shutil.copytree(generated / "dbt_package" / "models" / "contracts", models / "contracts")
    for world in worlds:
        if world.layer == "products":
            (models / f"{world.dataset}.sql").write_text(f'select * from "{world.name}"."{world.dataset}"\n')
    (project / "dbt_project.yml").write_text(
        "name: scratch\nversion: 1.0.0\nconfig-version: 2\nprofile: customer360\n"
        "packages-install-path: \"{{ env_var('DBT_PACKAGES_INSTALL_PATH') }}\"\n"
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
