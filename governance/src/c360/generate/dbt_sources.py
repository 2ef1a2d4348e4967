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
    table: dict[str, Any] = {"name": dataset.name, "identifier": _place(dataset, target, "identifier", dataset.table)}
    table["description"] = dataset.description
    table["config"] = _config(contract, dataset, target)
    if of_table:
        table["data_tests"] = of_table
    table["columns"] = [column_entry(column, by_column[column.name]) for column in dataset.columns]
    source = {
        "name": contract.system,
        "database": _place(dataset, target, "database", None),
        "schema": _schema(dataset, target),
        "tables": [table],
    }
    return f"# {header(contract)}\n" + dbt_yaml({"version": 2, "sources": [source]})


def _place(dataset: Dataset, target: Target, what: str, default: str | None) -> Template:
    text = "none" if default is None else jinja_text(default)
    return Template("{{ var('%s', %s) }}" % (target.variable(dataset.name, what), text))


def _schema(dataset: Dataset, target: Target) -> Template:
    """That of the contract, unless a variable moves this source; one of the package moves the raw schema as a whole."""
    if dataset.schema != target.raw_schema:
        return _place(dataset, target, "schema", dataset.schema)
    raw = "var('%s_raw_schema', %s)" % (target.name, jinja_text(dataset.schema))
    return Template("{{ var('%s', %s) }}" % (target.variable(dataset.name, "schema"), raw))


def _config(contract: Contract, dataset: Dataset, target: Target) -> dict[str, Any]:
    enabled = Template("{{ var('%s', true) }}" % target.variable(dataset.name, "enabled"))
    meta = {"contract": contract.name, "version": contract.version, "owner": contract.team}
    freshness = next(iter(FRESHNESS.of(dataset)), None)
    if freshness is None:
        return {"enabled": enabled, "meta": meta}
    column = dataset.physical(freshness.column or "")
    kind = canonical_type(dataset.column(freshness.column or "").physical_type)
    zoned = ", zoned=true" if "with time zone" in kind else ""
    query = "{{ %s.loaded_at_query(%s, this%s) }}" % (target.name, jinja_text(column), zoned)
    return {
        "enabled": enabled,
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
