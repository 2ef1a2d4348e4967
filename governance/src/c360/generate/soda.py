"""SodaCL for one dataset: one check a clause, named by the clause's id.

Row clauses are user-defined aggregate expressions, which Soda reads in one pass over the table; the others are
queries. Table names are bare where they lie in the scanned schema: the search path decides, so the same file
checks a delivery in `landing` and the table in `raw`.
"""

from typing import Any

from c360.clause.dialect import POSTGRES
from c360.clause.kinds import SQL
from c360.clause.measure import ZERO, Measure
from c360.clause.measures import measure
from c360.contract.catalog import Catalog
from c360.generate.text import Template, header, no_template, soda_yaml, unique_slugs
from c360.model import Clause, Contract, Dataset

NOW = "(timestamptz '${NOW}' at time zone 'UTC')"
"""Soda's own clock variable; `soda scan -v NOW=…` sets another."""


def seen_at_gate(clause: Clause) -> bool:
    """Whether Soda looks at this clause when a delivery is at the gate."""
    return not clause.absent("soda scan") and not clause.absent("soda at the gate")


def render(catalog: Catalog, contract: Contract, dataset: Dataset, at_gate: bool = False) -> str:
    """The checks of a table, or those of a delivery `at_gate`."""
    clauses = [c for c in dataset.clauses if not c.absent("soda scan")]
    clauses = [c for c in clauses if seen_at_gate(c) or not at_gate]
    names = unique_slugs([clause.id for clause in clauses])
    checks = [_check(catalog, clause, dataset, names[clause.id]) for clause in clauses]
    table = POSTGRES.quote(dataset.table)
    return f"# {header(contract)}\n" + soda_yaml({f"checks for {table}": checks})


def _check(catalog: Catalog, clause: Clause, dataset: Dataset, name: str) -> dict[str, Any]:
    what = measure(clause, catalog.where(dataset, NOW))
    form = "expression" if what.expression else "query"
    text = what.expression or (_without_null(what) if clause.kind is SQL else what.query)
    body: dict[str, Any] = {"name": clause.id, f"{name} {form}": _timed(text)}
    if clause.severity == "warning":
        return {name: {"warn": f"when {what.bound(negated=True)}", **body}}
    if what.rule is not ZERO and what.rule.operator.name == "mustNotBe":
        return {name: {"fail": f"when {what.bound(negated=True)}", **body}}
    return {f"{name} {what.bound()}": body}


def _timed(sql: str) -> str:
    """SQL with our clock in it, and nothing else that Soda would run."""
    return Template(NOW.join(no_template(part) for part in sql.split(NOW)))


def _without_null(what: Measure) -> str:
    """The query of a rule, with a value out of bounds for null, which Soda takes for within them."""
    beyond = what.rule.operator.broken_by(what.rule.expected)
    return f"select coalesce(({what.query}), {beyond})"
