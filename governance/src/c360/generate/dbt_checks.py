"""dbt macros by which staging reads a source with no gate before it: what a value is in the contract's type, and when a
row breaks a clause. On Postgres the casts and conditions are the gate's own."""

from collections.abc import Callable
from typing import Any

from c360.clause.dialect import DATABRICKS, POSTGRES, Dialect, canonical_type, unsized
from c360.clause.kinds import REQUIRED
from c360.clause.types import TEXTS
from c360.contract.catalog import Catalog
from c360.generate.dbt_tests import by_engine, condition
from c360.generate.text import jinja_value
from c360.model import Column, Dataset, Kind


def casts_of(catalog: Catalog) -> str:
    """`contract_casts(dataset)`: by column its delivered text, its value or null, and the clauses on both."""
    return _macro(catalog, "contract_casts", "casts", _casts)


def violations_of(catalog: Catalog) -> str:
    """`contract_violations(dataset)`: the clauses that one typed row can break, and when it does."""
    return _macro(catalog, "contract_violations", "conditions on rows", _violations)


def _macro(catalog: Catalog, name: str, what: str, entries: Any) -> str:
    lines = "".join(
        f"        {jinja_value(dataset.name)}: [\n"
        + "".join(f"            {jinja_value(entry)},\n" for entry in entries(dataset))
        + "        ],\n"
        for contract, dataset in catalog.pairs()
        if contract.layer == "sources"
    )
    return (
        f"{{#- Generated from contracts/ ({what} of all sources). Do not edit; run: c360 generate #}}\n"
        f"{{% macro {name}(dataset) %}}\n"
        "    {%- set entries = {\n"
        f"{lines}"
        "    } -%}\n"
        "    {{ return(entries[dataset]) }}\n"
        "{% endmacro %}\n"
    )


def _casts(dataset: Dataset) -> list[dict[str, Any]]:
    fatal = [clause for clause in dataset.clauses if clause.severity == "error"]

    def first(column: Column, is_asked: Callable[[Kind[Any]], bool]) -> str | None:
        return next((c.id for c in fatal if c.column == column.name and is_asked(c.kind)), None)

    return [
        {
            "column": column.physical_name,
            "text": by_engine(*(_text(column, dialect) for dialect in (POSTGRES, DATABRICKS))),
            "value": by_engine(*(_value(column, dialect) for dialect in (POSTGRES, DATABRICKS))),
            "type_clause": first(column, lambda kind: kind.by_value),
            "required_clause": first(column, lambda kind: kind is REQUIRED),
        }
        for column in dataset.columns
    ]


def _violations(dataset: Dataset) -> list[dict[str, Any]]:
    """Of what a row can break alone: staging compares keys and references itself."""
    return [
        {
            "clause": clause.id,
            "violation": condition(clause, dataset),
        }
        for clause in dataset.clauses
        if clause.severity == "error" and clause.kind.violation and clause.kind is not REQUIRED
    ]


def _text(column: Column, dialect: Dialect) -> str:
    """What a sender may have written: whoever loaded the file may have given the column any type. An empty text is a
    value of a text column only."""
    name, kind = dialect.quote(column.physical_name), canonical_type(column.physical_type)
    text = f"cast({name} as {dialect.type_of('text')})"
    if column.logical_type == "timestamp":
        form = (unsized(kind) in TEXTS and column.options.get("format")) or "yyyy-MM-dd HH:mm:ss.SSSSSS"
        text = dialect.as_delivered(name, form)
    return text if unsized(kind) in TEXTS else f"nullif({text}, '')"


def _value(column: Column, dialect: Dialect) -> str:
    return dialect.cast(dialect.quote(column.physical_name), column.physical_type)
