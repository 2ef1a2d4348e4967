"""The catalogue against the contracts of a project: what ought to be there, what is, and what tells them apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c360.catalogue import odcs
from c360.catalogue.actual import Actual, read
from c360.catalogue.cases import stages_of
from c360.catalogue.desired import data_contract_of, desired
from c360.catalogue.entities import Names
from c360.catalogue.findings import Result, results
from c360.catalogue.lineage import edges, shared
from c360.catalogue.plan import Plan, plan
from c360.catalogue.server import Server
from c360.catalogue.values import Ref
from c360.contract.classifications import described
from c360.database import parameters
from c360.dbt.manifest import read_manifest
from c360.ledger.outcomes import outcomes
from c360.model import Contract
from c360.project import Project
from c360.share.policy import policies_of
from c360.status.overview import clock_of

if TYPE_CHECKING:
    from psycopg import Connection

_RUNS = 10
"""Among so many of the last outcomes of each clause and stage, the newest that is not skipped is told."""


@dataclass(frozen=True)
class Comparison:
    plan: Plan
    actual: Actual


def names_of(project: Project) -> Names:
    """How entities of this project are called in the catalogue; its database is started where it is the embedded
    one."""
    file = project.settings.file
    return Names(file.catalog_name, file.catalog_service, parameters(project.settings)["dbname"])


def contracts_of(project: Project) -> list[Contract]:
    """The live versions of each contract that promises something."""
    return [contract for contract in project.catalog.contracts if not contract.draft]


def tables_of(contracts: Iterable[Contract], names: Names) -> set[Ref]:
    return {Ref("table", names.table(d.schema, d.table)) for contract in contracts for d in contract.datasets}


def compare(project: Project, server: Server, names: Names) -> Comparison:
    """Raises CouldNotTell as the server does, and where it is of another version."""
    server.require_version()
    contracts = contracts_of(project)
    entities = desired(contracts, described(project.settings.classifications), names)
    manifest = read_manifest(project.settings.home / "dbt" / "target" / "manifest.json")
    actual = read(server, entities, names)
    wanted = edges(manifest, tables_of(contracts, names), names) | shared(policies_of(project), actual.tables(), names)
    return Comparison(plan(entities, wanted, actual, names), actual)


def new_results(project: Project, database: "Connection", actual: Actual, names: Names) -> list[Result]:
    """What the history knows beyond the newest result of each test case and data contract."""
    datasets = [(contract, dataset) for contract in contracts_of(project) for dataset in contract.datasets]
    pairs = [
        (clause.id, stage)
        for contract, dataset in datasets
        for clause in dataset.clauses
        for stage in stages_of(contract, clause)
    ]
    past = outcomes(database, pairs, clock_of(database, None), _RUNS)
    stored = {ref: there for ref, there in actual.entities.items() if not there.get("deleted")}
    return [
        result
        for contract, dataset in datasets
        for result in results(dataset, data_contract_of(contract, dataset, names), past, stored, names)
    ]


def unread(contracts: Iterable[Contract]) -> dict[str, list[str]]:
    """By contract and table, what it says that the catalogue's data contract cannot hold."""
    return {
        f"{contract.label}, {dataset.name}": left
        for contract in contracts
        for dataset in contract.datasets
        if (left := odcs.unread(contract, dataset))
    }
