"""SodaCL for one dataset: one check a clause, named by the clause's id.

Row clauses are user-defined aggregate expressions, which Soda reads in one pass over the table; the others are
queries. Table names are bare where they lie in the scanned schema: the search path decides, so the same file
checks a delivery in `landing` and the table in `raw`.
"""

from typing import Any

from c360.contract.model import Clause, Contract, Dataset
from c360.generate.plan import Catalog, header
from c360.generate.text import Template, no_template, soda_yaml, unique_slugs
from c360.sql.dialect import POSTGRES
from c360.sql.measures import ZERO, Measure, measure

NOW = "(timestamptz '${NOW}' at time zone 'UTC')"
"""Soda's own clock variable; `soda scan -v NOW=…` sets another."""


def render(catalog: Catalog, contract: Contract, dataset: Dataset) -> str:
    clauses = [clause for clause in dataset.clauses if clause.scope != "contract"]
    names = unique_slugs([clause.id for clause in clauses])
    checks = [_check(catalog, clause, dataset, names[clause.id]) for clause in clauses]
    table = POSTGRES.quote(dataset.table)
    return f"# {header(contract)}\n" + soda_yaml({f"checks for {table}": checks})


def _check(catalog: Catalog, clause: Clause, dataset: Dataset, name: str) -> dict[str, Any]:
    what = measure(clause, dataset, lambda target: catalog.relation(target, dataset.name), NOW)
    form = "expression" if what.expression else "query"
    text = what.expression or (_told(what) if clause.kind == "sql" else what.query)
    body: dict[str, Any] = {"name": clause.id, f"{name} {form}": _timed(text)}
    if clause.severity == "warning":
        return {name: {"warn": f"when {what.bound(negated=True)}", **body}}
    if what.rule is not ZERO and what.rule.operator == "mustNotBe":
        return {name: {"fail": f"when {what.bound(negated=True)}", **body}}
    return {f"{name} {what.bound()}": body}


def _timed(sql: str) -> str:
    """SQL with our clock in it, and nothing else that Soda would run."""
    return Template(NOW.join(no_template(part) for part in sql.split(NOW)))


def _told(what: Measure) -> str:
    """The query of a rule, with a value out of bounds for null and NaN, which Soda takes for within them."""
    operator, expected = what.rule.operator, what.rule.expected
    if operator.startswith("mustNotBe"):
        beyond = f"{expected[0] if isinstance(expected, tuple) else expected}"
        return f"select coalesce(({what.query}), {beyond})"
    beyond = "'-Infinity'" if operator.startswith("mustBeGreater") else "'Infinity'"
    return f"select coalesce(nullif(cast(({what.query}) as double precision), 'NaN'), {beyond})"
