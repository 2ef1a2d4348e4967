"""A dbt source for a contract's dataset: its columns, tests, freshness and PII meta."""

from typing import Any

from c360.clause.dialect import POSTGRES, canonical_type
from c360.clause.kinds import FRESHNESS
from c360.contract.catalog import Catalog
from c360.generate.dbt_tests import data_tests
from c360.generate.target import Target
from c360.generate.text import Template, dbt_yaml, header, jinja_text
from c360.model import Clause, Column, Contract, Dataset


def render(catalog: Catalog, contract: Contract, dataset: Dataset, target: Target) -> str:
    by_column, of_table = data_tests(catalog, dataset, target)
    table: dict[str, Any] = {"name": dataset.name}
    if dataset.table != dataset.name:
        table["identifier"] = dataset.table
    table["description"] = dataset.description
    table["config"] = _config(contract, dataset, target.name)
    if of_table:
        table["data_tests"] = of_table
    table["columns"] = [column_entry(column, by_column[column.name]) for column in dataset.columns]
    source = {
        "name": contract.system,
        "schema": _schema(dataset.schema, target),
        "tables": [table],
    }
    return f"# {header(contract)}\n" + dbt_yaml({"version": 2, "sources": [source]})


def _schema(schema: str, target: Target) -> str:
    """That of the contract. A variable of the package moves the raw schema, and nothing that lies elsewhere."""
    if schema != target.raw_schema:
        return schema
    return Template("{{ var('%s_raw_schema', %s) }}" % (target.name, jinja_text(schema)))


def _config(contract: Contract, dataset: Dataset, package: str) -> dict[str, Any]:
    meta = {"contract": contract.name, "version": contract.version, "owner": contract.team}
    freshness = next(iter(FRESHNESS.of(dataset)), None)
    if freshness is None:
        return {"meta": meta}
    column = dataset.physical(freshness.column or "")
    kind = canonical_type(dataset.column(freshness.column or "").physical_type)
    zoned = ", zoned=true" if "with time zone" in kind else ""
    query = "{{ %s.loaded_at_query(%s, this%s) }}" % (package, jinja_text(column), zoned)
    return {
        "loaded_at_query": Template(query),
        "freshness": thresholds(freshness),
        "meta": {**meta, "clause": freshness.id},
    }


def thresholds(clause: Clause[int]) -> dict[str, Any]:
    """Error past the promise, in whole minutes rounded up; a warning once three quarters of it have gone by."""
    seconds = clause.argument
    warn = {"count": max(1, seconds * 3 // 4 // 60), "period": "minute"}
    limit = "warn_after" if clause.severity == "warning" else "error_after"
    for period, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds % size == 0:
            promise = {"count": seconds // size, "period": period}
            break
    else:
        promise = {"count": -(-seconds // 60), "period": "minute"}
    return {limit: promise} if limit == "warn_after" else {"warn_after": warn, "error_after": promise}


def column_entry(column: Column, tests: list[Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": column.physical_name}
    if needs_quotes(column.physical_name):
        entry["quote"] = True
    entry["description"] = column.description
    entry["config"] = {"meta": {"classification": column.classification}}
    if tests:
        entry["data_tests"] = tests
    return entry


def needs_quotes(name: str) -> bool:
    """Whether an engine would take the bare name for another one, or for a word of its own."""
    return POSTGRES.quote(name) != name
