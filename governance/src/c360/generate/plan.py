"""The plan: contracts in, {path: text} out. Pure and clock-free, so the same contracts give the same bytes."""

from c360.contract.catalog import Catalog, sound
from c360.generate import dbt_checks, dbt_enums, dbt_models, dbt_sources, elementary, soda
from c360.generate.target import Target
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
        file = f"{file_stem(dataset.name)}.yml"
        files[f"{target.soda_checks}/{file}"] = soda.render(catalog, contract, dataset)
        if contract.layer == "sources" and target.elementary:
            files[f"{target.gate}/{file}"] = elementary.gate(contract, dataset)
        renderer = dbt_sources if contract.layer == "sources" else dbt_models
        files[f"{target.package}/models/contracts/{file}"] = renderer.render(catalog, contract, dataset, target)
    files[f"{target.package}/macros/contracts/contract_enum.sql"] = dbt_enums.enums(catalog)
    files[f"{target.package}/macros/contracts/contract_identity.sql"] = dbt_enums.identities(catalog)
    files[f"{target.package}/macros/contracts/contract_casts.sql"] = dbt_checks.casts_of(catalog)
    files[f"{target.package}/macros/contracts/contract_violations.sql"] = dbt_checks.violations_of(catalog)
    return files
