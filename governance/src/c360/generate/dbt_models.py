"""The properties of a dbt model for a product's dataset: an enforced model contract, constraints and tests."""

from typing import Any

from c360.clause.dialect import DATABRICKS, POSTGRES
from c360.contract.catalog import Catalog
from c360.generate.dbt_sources import column_entry
from c360.generate.dbt_tests import data_tests
from c360.generate.target import Target
from c360.generate.text import Template, dbt_yaml, header
from c360.model import Contract, Dataset


def render(catalog: Catalog, contract: Contract, dataset: Dataset, target: Target) -> str:
    by_column, of_table = data_tests(catalog, dataset, target)
    columns = []
    for column in dataset.columns:
        entry = column_entry(column, by_column[column.name])
        typed = {"name": entry.pop("name"), "data_type": data_type(column.physical_type)}
        if column.required:
            typed["constraints"] = [{"type": "not_null"}]
        columns.append({**typed, **entry})
    model: dict[str, Any] = {
        "name": dataset.table,
        "description": dataset.description,
        "config": {
            "contract": {"enforced": True},
            "meta": {"contract": contract.name, "version": contract.version, "owner": contract.team},
        },
    }
    if of_table:
        model["data_tests"] = of_table
    model["columns"] = columns
    return f"# {header(contract)}\n" + dbt_yaml({"version": 2, "models": [model]})


def data_type(physical_type: str) -> str:
    """The type on Postgres, and what holds the same on Spark and Databricks where that differs."""
    postgres, databricks = POSTGRES.type_of(physical_type), DATABRICKS.type_of(physical_type)
    if postgres == databricks:
        return postgres
    return Template("{{ '%s' if target.type == 'postgres' else '%s' }}" % (postgres, databricks))
