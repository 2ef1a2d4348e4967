"""The properties of a dbt model for a product's dataset: an enforced model contract, constraints and tests."""

from collections.abc import Sequence
from typing import Any

from c360.clause.dialect import DATABRICKS, POSTGRES
from c360.contract.catalog import Catalog
from c360.contract.sunset import sunset
from c360.generate.dbt_sources import column_entry
from c360.generate.dbt_tests import data_tests
from c360.generate.target import Target
from c360.generate.text import Template, dbt_yaml, header
from c360.model import Contract, Dataset

Versions = Sequence[tuple[Contract, Dataset]]


def render(catalog: Catalog, versions: Versions, target: Target) -> str:
    """The one file about a model: dbt takes no second one. `versions` are its live ones, the newest first."""
    contract, newest = versions[0]
    model: dict[str, Any] = {"name": newest.model}
    if newest.major is None:
        model |= _promise(catalog, contract, newest, target)
    else:
        model |= {
            "latest_version": newest.major,
            "versions": [_version(catalog, *version, target) for version in reversed(versions)],
        }
    return f"# {header(*(contract for contract, _ in versions))}\n" + dbt_yaml({"version": 2, "models": [model]})


def _version(catalog: Catalog, contract: Contract, dataset: Dataset, target: Target) -> dict[str, Any]:
    """A version lies in the table that the contract says, and says itself all that is promised of it."""
    ends = sunset(contract.document)
    promise = _promise(catalog, contract, dataset, target)
    promise["config"] = {"alias": dataset.table, **promise["config"]}
    return {"v": dataset.major, **({"deprecation_date": f"{ends}"} if ends else {}), **promise}


_QUIET: dict[str, Any] = {"warn_unsupported": False}
"""An older version is likely a view over the newer one, which takes no constraint: the tests cover it."""


def _promise(catalog: Catalog, contract: Contract, dataset: Dataset, target: Target) -> dict[str, Any]:
    by_column, of_table = data_tests(catalog, dataset, target)
    columns = []
    for column in dataset.columns:
        entry = column_entry(column, by_column[column.name])
        typed = {"name": entry.pop("name"), "data_type": data_type(column.physical_type, column.own_type)}
        if column.required:
            typed["constraints"] = [{"type": "not_null", **(_QUIET if contract.suffix else {})}]
        columns.append({**typed, **entry})
    promise: dict[str, Any] = {
        "description": dataset.description,
        "config": {
            "contract": {"enforced": True},
            "meta": {"contract": contract.name, "version": contract.version, "owner": contract.team},
        },
    }
    if of_table:
        promise["data_tests"] = of_table
    return promise | {"columns": columns}


def data_type(physical_type: str, own_type: str = "") -> str:
    """The type on Postgres (one of the database's own where it is named: dbt compares these too), and what holds the
    same on Spark and Databricks where that differs."""
    postgres, databricks = own_type or POSTGRES.type_of(physical_type), DATABRICKS.type_of(physical_type)
    if postgres == databricks:
        return postgres
    return Template("{{ '%s' if target.type == 'postgres' else '%s' }}" % (postgres, databricks))
