"""Coverage: clause × enforcement point, read off what is really generated, so that a gap shows as a blank."""

from typing import Any

import yaml

from c360.contract.catalog import Catalog
from c360.generate.dbt_tests import NOT_A_TEST
from c360.generate.plan import plan
from c360.model import GATE_KINDS, Clause, Contract
from c360.printable import file_stem
from c360.verify.datacontract import MEASURED

POINTS = ("lint", "gate", "soda scan", "dbt", "verify")

_LINT_ONLY = {
    "classification": "not here: it is said about the contract, and lint holds it",
    "anomaly": "not here: it wants a history, and Elementary's test in dbt has one",
}


def _said_only(clause: Clause) -> str:
    """Why no data is held against a clause of the contract alone."""
    return f"not here: {clause.argument.why}" if clause.kind == "noted" else _LINT_ONLY[clause.kind]


def cover(catalog: Catalog) -> dict[str, dict[str, str]]:
    """For each clause, what each point does about it, or `not here: reason`; empty where nobody said why."""
    files = plan(catalog)
    rows = {}
    for contract, dataset in catalog.pairs():
        checks = _soda_names(files[f"soda_checks/{file_stem(dataset.name)}.yml"])
        tests = _dbt_tests(files[f"dbt_package/models/contracts/{file_stem(dataset.name)}.yml"])
        for clause in dataset.clauses:
            rows[clause.id] = {
                "lint": _lint(clause),
                "gate": _gate(contract, clause),
                "soda scan": GATE_KINDS[clause.kind]
                if clause.kind in GATE_KINDS
                else "check"
                if clause.id in checks
                else _said_only(clause)
                if clause.scope == "contract"
                else "",
                "dbt": tests.get(clause.id) or _not_in_dbt(clause),
                "verify": _verify(clause),
            }
    return rows


def _soda_names(text: str) -> set[str]:
    checks = next(iter(yaml.safe_load(text).values()))
    return {body["name"] for check in checks for body in check.values()}


def _dbt_tests(text: str) -> dict[str, str]:
    """The kind of test by clause id, wherever in the file it stands."""
    found: dict[str, str] = {}

    def walk(value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, dict):
            for kind, body in value.items():
                meta = body.get("config", {}).get("meta", {}) if isinstance(body, dict) else {}
                if isinstance(meta, dict) and "clause" in meta and kind != "config":
                    found[meta["clause"]] = kind
                walk(body)
            if "freshness" in value:
                found[value["meta"]["clause"]] = "source freshness"

    walk(yaml.safe_load(text))
    return found


def _lint(clause: Clause) -> str:
    if clause.kind == "noted":
        return "told" if clause.argument.warn else _said_only(clause)
    return "held" if clause.kind == "classification" else "not here: it is said about data"


def _not_in_dbt(clause: Clause) -> str:
    if clause.kind == "noted":
        return _said_only(clause)
    if clause.kind == "classification":
        return "not here: carried as the column's meta"
    if clause.kind in GATE_KINDS:
        return GATE_KINDS[clause.kind]
    return f"not here: {NOT_A_TEST[clause.kind]}" if clause.kind in NOT_A_TEST else ""


def _gate(contract: Contract, clause: Clause) -> str:
    if clause.scope == "contract":
        return _said_only(clause)
    if contract.layer != "sources":
        return "not here: dbt builds it, nobody delivers it"
    if clause.severity == "warning":
        return "recorded"
    return "row quarantined" if clause.scope == "row" or clause.kind == "physicalType" else "delivery refused"


def _verify(clause: Clause) -> str:
    if clause.scope == "contract":
        return _said_only(clause)
    if clause.kind in GATE_KINDS:
        return GATE_KINDS[clause.kind]
    return "datacontract" if clause.kind in MEASURED else "sql"
