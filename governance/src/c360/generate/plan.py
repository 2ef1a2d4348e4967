"""The plan: contracts in, {path: text} out. Pure and clock-free, so the same contracts give the same bytes."""

from collections.abc import Iterator
from dataclasses import replace

from c360.clause.arguments import Argument, Unenforced
from c360.clause.kinds import UNENFORCED
from c360.contract.catalog import Catalog, sound
from c360.errors import Breach
from c360.generate import dbt_checks, dbt_enums, dbt_models, dbt_sources, elementary, soda
from c360.generate.support import support
from c360.generate.target import Target
from c360.model import Clause, Contract, Dataset
from c360.printable import file_stem


def plan(catalog: Catalog, target: Target | None = None) -> dict[str, str]:
    """Every generated file: its path below the project's root, and its text.

    Raises Breach for a clause that a renderer cannot express, and a name that dbt cannot carry.
    """
    target = target or Target()
    files: dict[str, str] = {}
    for contract in catalog.contracts:
        sound(contract, tool="dbt")
    for contract, dataset in catalog.pairs():
        files |= _files_of(catalog, contract, dataset, target, catalog.versions(dataset))
    macros = {
        "contract_enum.sql": dbt_enums.enums(catalog),
        "contract_identity.sql": dbt_enums.identities(catalog),
        "contract_casts.sql": dbt_checks.casts_of(catalog),
        "contract_violations.sql": dbt_checks.violations_of(catalog),
        **support(target),
    }
    return files | {f"{target.package}/macros/contracts/{name}": text for name, text in macros.items()}


def _files_of(
    catalog: Catalog, contract: Contract, dataset: Dataset, target: Target, versions: dbt_models.Versions
) -> dict[str, str]:
    file = f"{file_stem(dataset.name)}.yml"
    checks = soda.render(catalog, contract, dataset)  # without Soda too: what it could not ask, the gate cannot
    files = {f"{target.soda_checks}/{file}": checks} if target.soda else {}
    if contract.layer != "sources":
        return files | {model_file(versions, target): dbt_models.render(catalog, versions, target)}
    if target.elementary:
        files[f"{target.gate}/{file}"] = elementary.gate(contract, dataset, target.name)
    return files | {f"{target.package}/models/contracts/{file}": dbt_sources.render(catalog, contract, dataset, target)}


def model_file(versions: dbt_models.Versions, target: Target) -> str:
    """The file of what dbt is told of a dataset: versions of a model are told together, under the newest one's name."""
    return f"{target.package}/models/contracts/{file_stem(versions[0][1].name)}.yml"


def unrendered(catalog: Catalog) -> Iterator[tuple[Contract, Clause[Argument] | None, Breach]]:
    """Every clause that keeps the files of its contract from being written, and why; None when it is no single one."""
    for contract, dataset in catalog.pairs():
        breach = _breach(catalog, contract, dataset)
        if breach:
            found: list[tuple[Clause[Argument] | None, Breach]] = []
            for clause in dataset.clauses:
                problem = _breach(catalog, contract, replace(dataset, clauses=(clause,)))
                found += [(clause, problem)] if problem else []
            yield from ((contract, clause, problem) for clause, problem in found or [(None, breach)])


def enforceable(catalog: Catalog) -> Catalog:
    """The catalog with every clause that cannot be written for a tool as an unenforced one instead, with the reason."""
    why = {clause.id: breach.message for _, clause, breach in unrendered(catalog) if clause}

    def unenforced(clause: Clause[Argument]) -> Clause[Argument]:
        if clause.id not in why:
            return clause
        reason = Unenforced(clause.kind.describe(clause), why[clause.id], clause.place, warn=False)  # lint reports it
        return replace(clause, kind=UNENFORCED, argument=reason)

    def settled(contract: Contract) -> Contract:
        datasets = (replace(each, clauses=tuple(map(unenforced, each.clauses))) for each in contract.datasets)
        return replace(contract, datasets=tuple(datasets))

    return Catalog(tuple(map(settled, catalog.contracts))) if why else catalog


def _breach(catalog: Catalog, contract: Contract, dataset: Dataset) -> Breach | None:
    try:
        _files_of(catalog, contract, dataset, Target(), [(contract, dataset)])
    except Breach as breach:
        return breach
    return None
