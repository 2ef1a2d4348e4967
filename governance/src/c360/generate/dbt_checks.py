"""dbt macros by which staging reads a source with no gate before it: what a value is in the contract's type, and when a
row breaks a clause. On Postgres the casts and conditions are the gate's own."""

import re
from typing import Any

from c360.clause.dialect import DATABRICKS, POSTGRES, Dialect, canonical_type, unsized
from c360.clause.kinds import PHYSICAL_TYPE, REQUIRED
from c360.clause.predicates import violation
from c360.contract.catalog import Catalog
from c360.engine.postgres import casts
from c360.generate.dbt_tests import by_engine
from c360.generate.text import jinja_value
from c360.model import Column, Dataset, Kind

_TEXTS = ("text", "character varying", "character")


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
    def clause(column: Column, kind: Kind[Any]) -> str | None:
        found = (c.id for c in kind.of(dataset) if c.column == column.name and c.severity == "error")
        return next(found, None)

    return [
        {
            "column": column.physical_name,
            "text": by_engine(*(_text(column, dialect) for dialect in (POSTGRES, DATABRICKS))),
            "value": by_engine(*(_value(column, dialect) for dialect in (POSTGRES, DATABRICKS))),
            "type_clause": clause(column, PHYSICAL_TYPE),
            "required_clause": clause(column, REQUIRED),
        }
        for column in dataset.columns
    ]


def _violations(dataset: Dataset) -> list[dict[str, Any]]:
    """Of what a row can break alone: staging compares keys and references itself."""
    return [
        {
            "clause": clause.id,
            "violation": by_engine(*(violation(clause, dataset, d, "__now__") for d in (POSTGRES, DATABRICKS))),
        }
        for clause in dataset.clauses
        if clause.severity == "error" and clause.kind.violation and clause.kind is not REQUIRED
    ]


def _text(column: Column, dialect: Dialect) -> str:
    """What a sender may have written: whoever loaded the file may have given the column any type. An empty text is a
    value of a text column only."""
    name, kind = dialect.quote(column.physical_name), canonical_type(column.physical_type or "text")
    text = f"cast({name} as {dialect.type_of('text')})"
    if column.logical_type == "timestamp":
        form = (unsized(kind) in _TEXTS and column.options.get("format")) or "yyyy-MM-dd HH:mm:ss.SSSSSS"
        if dialect.name == "postgres":
            moment = f"to_char(cast({text} as timestamp), {dialect.literal(_pg_format(form))})"
            loaded = f"pg_typeof({name}) = cast('timestamp' as regtype)"
        else:
            moment = f"to_utc_timestamp(cast({name} as timestamp), current_timezone())"
            moment = f"date_format({moment}, {dialect.literal(form)})"
            loaded = f"typeof({name}) = 'timestamp'"
        text = f"case when {loaded} then {moment} else {text} end"
    return text if unsized(kind) in _TEXTS else f"nullif({text}, '')"


def _pg_format(form: str) -> str:
    """A JDK format as Postgres' to_char has it."""
    parts = {"yyyy": "YYYY", "MM": "MM", "dd": "DD", "HH": "HH24", "mm": "MI", "ss": "SS"}
    pieces = re.findall(r"yyyy|MM|dd|HH|mm|ss|S{1,6}|'[TZ]'|.", form)
    quoted = {"'T'": '"T"', "'Z'": '"Z"'}
    return "".join(parts.get(p) or quoted.get(p) or (f"FF{len(p)}" if set(p) == {"S"} else p) for p in pieces)


def _value(column: Column, dialect: Dialect) -> str:
    name, written = dialect.quote(column.physical_name), column.physical_type or "text"
    return casts.cast(name, written) if dialect.name == "postgres" else spark_cast(name, written)


def spark_cast(column: str, physical_type: str) -> str:
    """SQL of Databricks: the value of the text `column` in the type, or null where it has none; as `casts.cast`."""
    canonical, kind = canonical_type(physical_type), DATABRICKS.type_of(physical_type)
    plain = unsized(canonical)
    if plain == "text":
        return column
    if plain in _TEXTS:
        size = re.search(r"\((\d+)\)", canonical)
        return f"case when char_length({column}) <= {size[1]} then {column} end" if size else column
    value = f"try_cast({column} as {kind})"
    if plain == "timestamp without time zone":
        bare = f"regexp_replace({column}, '(Z| ?UTC|[+]00(:?00)?)$', '')"
        time = f"case when char_length({bare}) = 10 then concat({bare}, ' 00:00:00') else {bare} end"
        value = f"try_cast(concat({time}, '+00:00') as timestamp)"
    if plain == "numeric":
        return (
            f"case when {column} rlike '^{_NUMBER}$' "
            f"and try_cast({column} as decimal(38,18)) = {value} then {value} end"
        )
    shape = _SHAPES.get(plain)
    return f"case when {column} rlike '^{shape}$' then {value} end" if shape else value


_NUMBER = "[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6}0*)?)?"
_SHAPES = {
    **dict.fromkeys(("smallint", "integer", "bigint"), "[+-]?[0-9]+"),
    "uuid": "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "date": _DAY,
    "timestamp without time zone": f"{_DAY}([ T]{_TIME}(Z| ?UTC|[+]00(:?00)?)?)?",
}
