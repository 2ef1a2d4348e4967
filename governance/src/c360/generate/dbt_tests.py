"""dbt data tests from clauses, for sources and models alike: dbt's own where they fit, ours for the rest."""

from typing import Any

from c360.clause.dialect import DATABRICKS, POSTGRES, is_open, unsized
from c360.clause.measures import measure
from c360.contract.catalog import Catalog
from c360.generate import elementary
from c360.generate.text import Template, Verbatim, jinja_text, unique_slugs
from c360.model import GATE_KINDS, Clause, Dataset

NOT_A_TEST = {
    "freshness": "dbt source freshness",
    "classification": "meta",
    **GATE_KINDS,
    "noted": "no test",
}
"""Clauses that dbt carries elsewhere than in a data test."""


GATED = Template("{{ var('customer360_gate', true) }}")
"""Whether a source holds what its contract says: where no gate stands before it, staging sets rows aside instead, and
what reads the source would meet other types."""


def data_tests(catalog: Catalog, dataset: Dataset) -> tuple[dict[str, list[Any]], list[Any]]:
    """Tests by column, and the tests of the table as a whole."""
    names = unique_slugs([clause.id for clause in dataset.clauses], joint="__")
    by_column: dict[str, list[Any]] = {column.name: [] for column in dataset.columns}
    of_table: list[Any] = []
    built = catalog.find(dataset.name)[0].layer != "sources"  # dbt knows freshness of sources only
    for clause in dataset.clauses:
        if clause.kind in NOT_A_TEST and not (clause.kind == "freshness" and built):
            continue
        kind, arguments = _test(catalog, clause, dataset)
        body: dict[str, Any] = {"name": names[clause.id]}
        if arguments:
            body["arguments"] = arguments
        body["config"] = {
            "severity": "warn" if clause.severity == "warning" else "error",
            "meta": {"clause": Verbatim(clause.id)},
        }
        if clause.kind == "anomaly":
            body["config"] = {"enabled": elementary.ENABLED, **body["config"]}
        elif not built or _leads_to_a_source(catalog, clause):
            body["config"] = {"enabled": GATED, **body["config"]}
        target = by_column[clause.column] if clause.column and kind in _COLUMN_TESTS else of_table
        target.append({kind: body})
    return by_column, of_table


def _leads_to_a_source(catalog: Catalog, clause: Clause) -> bool:
    return clause.kind == "relationship" and catalog.find(clause.argument.target)[0].layer == "sources"


_COLUMN_TESTS = {"not_null", "unique", "relationships", "customer360.row_clause", "customer360.column_clause",
                 "elementary.column_anomalies"}  # fmt: skip


def _test(catalog: Catalog, clause: Clause, dataset: Dataset) -> tuple[str, dict[str, Any]]:
    kind = clause.kind
    if kind == "anomaly":
        return elementary.anomaly_test(clause, dataset)
    if kind == "required":
        return "not_null", {}
    if kind in ("unique", "primaryKey") and clause.column:
        return "unique", {}
    if kind == "relationship" and len(clause.argument.columns) == 1:
        _, target = catalog.find(clause.argument.target)
        field = target.physical(clause.argument.target_columns[0])
        if POSTGRES.quote(field) == field:  # dbt's own test cannot quote it
            return "relationships", {"to": reference(catalog, clause.argument.target), "field": field}
    if kind == "relationship":
        _, target = catalog.find(clause.argument.target)
        return "customer360.relationship_clause", {
            "columns": [dataset.physical(name) for name in clause.argument.columns],
            "to": reference(catalog, clause.argument.target),
            "target_columns": [target.physical(name) for name in clause.argument.target_columns],
        }
    if kind in ("present", "physicalType"):
        return "customer360.column_clause", {"data_type": _type(clause.argument)} if clause.argument else {}
    if kind == "unexpectedColumns":
        known = [column.physical_name for column in dataset.columns]
        return "customer360.unexpected_columns_clause", {"columns": known, "allowed": bool(clause.argument)}
    measures = [
        measure(
            clause,
            dataset,
            lambda target, d=dialect: (
                ("__relation__", dataset) if target == dataset.name else catalog.relation(target, dataset.name, d)
            ),
            catalog.tables,
            "__now__",
            dialect,
        )
        for dialect in (POSTGRES, DATABRICKS)
    ]
    if clause.scope == "row" and measures[0].expression:
        conditions = [m.expression.removeprefix("count(case when ").removesuffix(" then 1 end)") for m in measures]
        return "customer360.row_clause", {"violation": by_engine(*conditions)}
    return "customer360.query_clause", {"query": by_engine(*(m.as_violations("__relation__") for m in measures))}


def _type(promised: str) -> dict[str, str]:
    """The type by engine; a promise of no size gets none where an engine's own type has one (decimal)."""
    types = [dialect.type_of(promised) for dialect in (POSTGRES, DATABRICKS)]
    return by_engine(*(map(unsized, types) if is_open(promised) else types))


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
    return Template(f"ref({jinja_text(target.table)})")
