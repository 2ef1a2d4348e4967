"""dbt data tests from clauses, for sources and models alike: dbt's own where they fit, ours for the rest."""

from typing import Any

from c360.clause.dialect import DATABRICKS, POSTGRES, is_open, unsized
from c360.clause.measures import measure
from c360.clause.predicates import violation
from c360.contract.catalog import Catalog
from c360.generate import elementary
from c360.generate.support import CLAUSES
from c360.generate.target import Target
from c360.generate.text import Template, Verbatim, jinja_text, unique_slugs
from c360.model import Clause, Dataset, Relationship


def data_tests(catalog: Catalog, dataset: Dataset, target: Target) -> tuple[dict[str, list[Any]], list[Any]]:
    """Tests by column, and the tests of the table as a whole; ours bear the name of the dbt package."""
    names = unique_slugs([clause.id for clause in dataset.clauses], joint="__")
    by_column: dict[str, list[Any]] = {column.name: [] for column in dataset.columns}
    of_table: list[Any] = []
    built = catalog.find(dataset.name)[0].layer != "sources"  # dbt knows freshness of sources only
    for clause in dataset.clauses:
        if clause.absent("dbt") or (clause.kind.by_source_freshness and not built):
            continue
        if clause.kind.dbt == "elementary" and not target.elementary:
            continue
        kind, arguments = _test(catalog, clause, dataset)
        body: dict[str, Any] = {"name": names[clause.id]}
        if arguments:
            body["arguments"] = arguments
        body["config"] = {
            "severity": "warn" if clause.severity == "warning" else "error",
            "meta": {"clause": Verbatim(clause.id)},
        }
        enabled = _enabled(catalog, clause, dataset, target, built)
        if enabled:
            body["config"] = {"enabled": enabled, **body["config"]}
        place = by_column[clause.column] if clause.column and kind in _COLUMN_TESTS else of_table
        place.append({f"{target.name}.{kind}" if kind in CLAUSES else kind: body})
    return by_column, of_table


def _enabled(catalog: Catalog, clause: Clause, dataset: Dataset, target: Target, built: bool) -> Template | None:
    """When there is anything to test, where that is not always: a source with no gate before it is not tested, since it
    may break its contract; staging sets rows aside instead."""
    if clause.kind.dbt == "elementary":
        return elementary.enabled(target.name)
    source = dataset.name if not built else _source_it_leads_to(catalog, clause)
    asked = [f"var('{target.name}_gate', true)"] if source else []
    if built and source:
        asked.append(f"var('{target.variable(source, 'enabled')}', true)")
    if built and clause.kind.dbt in _HELD_BY_MODEL_CONTRACT and not catalog.find(dataset.name)[0].suffix:
        asked.append(f"var('{target.name}_full_tests', true)")
    if clause.kind.reads_nested:
        asked.insert(0, "target.type not in ('spark', 'databricks')")
    return Template("{{ %s }}" % " and ".join(asked)) if asked else None


_HELD_BY_MODEL_CONTRACT = {"column_clause", "unexpected_columns_clause", "not_null"}
"""Tests of what is not built otherwise. An older version is likely a view, which takes no constraint: it keeps them."""


def _source_it_leads_to(catalog: Catalog, clause: Clause) -> str | None:
    promised = clause.argument
    if isinstance(promised, Relationship) and catalog.find(promised.target)[0].layer == "sources":
        return promised.target
    return None


_COLUMN_TESTS = {"not_null", "unique", "relationships", "row_clause", "column_clause", "elementary.column_anomalies"}


def _test(catalog: Catalog, clause: Clause, dataset: Dataset) -> tuple[str, dict[str, Any]]:
    """The test's name and arguments: what dbt has of its own, else our SQL."""
    match clause.kind.dbt:
        case "elementary":
            return elementary.anomaly_test(clause, dataset)
        case "not_null":
            return "not_null", {}
        case "unique" if clause.column:
            return "unique", {}
        case "relationships":
            return _relationship(catalog, clause.argument, dataset)
        case "column_clause":
            return "column_clause", {"data_type": _type(clause.argument)} if clause.argument else {}
        case "unexpected_columns_clause":
            known = [column.physical_name for column in dataset.columns]
            return "unexpected_columns_clause", {"columns": known, "allowed": bool(clause.argument)}
    if clause.kind.violation:
        return "row_clause", {"violation": condition(clause, dataset)}
    both = (POSTGRES, DATABRICKS)
    found = (measure(clause, catalog.where(dataset, "__now__", dialect, "__relation__")) for dialect in both)
    return "query_clause", {"query": by_engine(*(m.as_violations("__relation__") for m in found))}


def _relationship(catalog: Catalog, promised: Relationship, dataset: Dataset) -> tuple[str, dict[str, Any]]:
    contract, target = catalog.find(promised.target)
    columns, fields = map(dataset.physical, promised.columns), list(map(target.physical, promised.target_columns))
    if contract.layer == "sources" and catalog.find(dataset.name)[0].layer != "sources":
        # With dbt's source(), a test of this product would be among those of the source.
        to: dict[str, Any] = {"to_source": [contract.system, target.name]}
    else:
        to = {"to": reference(catalog, promised.target)}
        if len(fields) == 1 and POSTGRES.quote(fields[0]) == fields[0]:  # dbt's own test cannot quote it
            return "relationships", {**to, "field": fields[0]}
    return "relationship_clause", {"columns": list(columns), **to, "target_columns": fields}


def _type(promised: str) -> dict[str, str]:
    """The type by engine; a promise of no size gets none where an engine's own type has one (decimal)."""
    types = [dialect.type_of(promised) for dialect in (POSTGRES, DATABRICKS)]
    return by_engine(*(map(unsized, types) if is_open(promised) else types))


def condition(clause: Clause, dataset: Dataset) -> dict[str, str]:
    """When a row breaks the clause, by engine; never, where an engine does not look inside a column."""
    asked = (clause.kind.reads_nested and dialect.json is None for dialect in (POSTGRES, DATABRICKS))
    return by_engine(
        *(
            "false" if silent else violation(clause, dataset, dialect, "__now__")
            for silent, dialect in zip(asked, (POSTGRES, DATABRICKS), strict=True)
        )
    )


def by_engine(postgres: str, databricks: str) -> dict[str, str]:
    """The two texts, or one when they are the same."""
    if postgres == databricks:
        return {"any": postgres}
    return {"postgres": postgres, "databricks": databricks}


def reference(catalog: Catalog, dataset: str) -> str:
    """How dbt names a dataset: a source's table or a model."""
    contract, target = catalog.find(dataset)
    if contract.layer == "sources":
        return Template(f"source({jinja_text(contract.system)}, {jinja_text(target.name)})")
    version = "" if target.major is None else f", v={target.major}"
    return Template(f"ref({jinja_text(target.model)}{version})")
