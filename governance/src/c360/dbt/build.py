"""Build: source freshness first, then models and tests; outcomes go to the history by clause."""

from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from c360.contract.sunset import refuse_ended
from c360.database import connect
from c360.database.access import TRANSFORMER, Place, open_marts
from c360.dbt import packages
from c360.dbt.columns import origins, reads
from c360.dbt.elementary import prepare_tables
from c360.dbt.manifest import newest_manifest, read_manifest
from c360.dbt.session import dbt, log_of
from c360.dbt.verdicts import OUTCOMES, name_of, of_models, of_sources, refused, results_of, stale
from c360.errors import Breach, CouldNotTell
from c360.ledger.events import Made
from c360.ledger.history import Finding, Run, record
from c360.ledger.locks import building
from c360.project import Project

KINDS = ["passed", "warned", "failed", "errored", "skipped"]


@dataclass(frozen=True)
class Built:
    """What dbt found, and what it answered itself."""

    project: Project
    findings: list[Finding]
    answer: Any

    def require(self) -> None:
        """Raises Breach when a clause is broken or a test failed, CouldNotTell when dbt could not run something."""
        _told(self.answer, "build", self.project, refused(self.findings))
        broken = [found.clause.id for found in self.findings if found.outcome == "failed"]
        if broken:  # a model's contract, or a test that the project made a mere warning
            raise Breach(f"{len(broken)} clauses are broken: {', '.join(broken[:3])}.", "See: c360 status")

    def made(self) -> list[Made]:
        """The tables of products that dbt made, with what they are made of by its manifest."""
        manifest = read_manifest(newest_manifest(self.project.settings))
        promised = {(d.schema, d.table): [c.physical_name for c in d.columns] for _, d in self.project.catalog.pairs()}
        above, columns = reads(manifest, promised), origins(manifest, promised)
        found = []
        for result in results_of(self.answer):
            node = result.node
            if _kind(node) == "model" and OUTCOMES.get(str(result.status)) == "passed":
                table = (str(node.schema), str(node.alias))
                rows = (result.adapter_response or {}).get("rows_affected", -1)
                if table in promised:
                    counted = rows if rows >= 0 else None  # -1 of a view
                    found.append(Made(table, counted, above.get(table, set()), columns.get(table, {})))
        return found


def build(
    project: Project,
    database: Any,
    run: Run,
    dbt_arguments: tuple[str, ...],
    pinned: bool,
    say: Callable[[str], None] = lambda step: None,
) -> Built:
    """Judge the sources, then build and test the models; `pinned` says that the clock of the run is not now, `say` is
    told what is under way.

    Without Elementary's packages its part is left out. Raises Breach when a source is stale, or a version has ended:
    nothing is built then.
    """
    refuse_ended(project.catalog.contracts, run.as_of.date())
    with building(database), dbt(project, run.as_of if pinned else None, say) as invoke:
        if packages.cached(project.settings):
            prepare_tables(project, database, invoke)
        findings = judge_sources(project, database, run, invoke)
        built, results = judge_models(project, database, run, invoke, *dbt_arguments)
        _open_marts(project)
    return Built(project, findings + results, built)


def judge_sources(project: Project, database: Any, run: Run, invoke: Any) -> list[Finding]:
    """Source freshness, into the history.

    Raises Breach when a source is older than promised, CouldNotTell when dbt could not measure one.
    """
    fresh = invoke("source", "freshness")
    findings = of_sources(project.catalog, fresh)
    with database.transaction():
        record(database, run, findings)
    old = stale(fresh, findings)
    if old:
        raise Breach(f"Sources are stale: {', '.join(old)}; nothing was built.", "Ingest a newer delivery.")
    _told(fresh, "source freshness", project)
    return findings


def judge_models(project: Project, database: Any, run: Run, invoke: Any, *arguments: str) -> tuple[Any, list[Finding]]:
    """`dbt build`, into the history; dbt's own answer, and what was found."""
    built = invoke("build", *arguments)
    findings = of_models(project.catalog, built)
    with database.transaction():
        record(database, run, findings)
    return built, findings


def _open_marts(project: Project) -> None:
    marts = [Place(d.schema, d.table, TRANSFORMER) for c, d in project.catalog.pairs() if c.layer == "products"]
    with closing(connect(project.settings, role=TRANSFORMER)) as owner, owner.transaction(), owner.cursor() as cursor:
        open_marts(cursor, marts)


def _kind(node: Any) -> str:
    return str(node.resource_type).rpartition(".")[2].lower()


def summary(result: Any) -> dict[str, list[int]]:
    """Per kind of node: how many, and how many of each outcome."""
    counts: dict[str, list[int]] = {}
    for node in results_of(result):
        kind = _kind(node.node)
        if kind == "operation":  # Elementary's hooks
            continue
        row = counts.setdefault(kind, [0] * 6)
        row[0] += 1
        row[1 + KINDS.index(OUTCOMES.get(str(node.status), "errored"))] += 1
    return counts


def _told(result: Any, what: str, project: Project, refused: Collection[str] = ()) -> None:
    """Raises Breach when a test failed, CouldNotTell when dbt could not run something.

    `refused` are the models that dbt did not build for the clauses they break: there it could tell.
    """
    if result.success:
        return
    results = results_of(result)
    errored = [
        name_of(node.node)
        for node in results
        if str(node.status) in ("error", "runtime error") and name_of(node.node) not in refused
    ]
    failed = [node for node in results if str(node.status) == "fail"]
    if failed and not errored:
        raise Breach(f"{len(failed)} dbt tests failed.", "See: c360 status")
    if refused and not errored:
        return
    where = f" at {', '.join(errored[:3])}" if errored else ""
    raise CouldNotTell(f"dbt {what} could not run{where}.", f"See {log_of(project)}.")
