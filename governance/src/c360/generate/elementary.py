"""What Elementary needs: anomaly tests in the package's own files, and a dbt test a clause on the gate's verdict.

Both are switched on by dbt's variable `<package>_elementary`; dbt does not look into a test that is off, so the package
parses and builds where Elementary is not installed.
"""

import re
from typing import Any

from c360.clause.kinds import ANOMALY, PRESENT
from c360.clause.promise import as_list
from c360.errors import Breach
from c360.generate.text import Template, dbt_yaml, header, unique_slugs
from c360.model import Anomaly, Clause, Contract, Dataset
from c360.printable import shown

PUBLIC = "public"

_EVERYWHERE = {
    "anomaly_sensitivity", "anomaly_direction", "training_period", "detection_period", "time_bucket", "seasonality",
    "ignore_small_changes", "min_training_set_size", "detection_delay", "fail_on_zero", "timestamp_column",
    "exclude_detection_period_from_training",
}  # fmt: skip
_TESTS = {
    "volume_anomalies": _EVERYWHERE,
    "freshness_anomalies": _EVERYWHERE - {"seasonality", "anomaly_direction", "fail_on_zero"},
    "column_anomalies": _EVERYWHERE | {"column_anomalies"},
    "dimension_anomalies": _EVERYWHERE | {"dimensions"},
    "schema_changes": set(),
}
"""Tests of Elementary's package that a contract may ask for, and the arguments that hold no SQL."""
_SHOWS_VALUES = {"min", "max"}
"""Metrics that are the value of some row."""


def enabled(package: str) -> Template:
    """Whether dbt runs with Elementary, as the variable of the package says."""
    return Template("{{ var('%s_elementary', false) }}" % package)


def anomaly_test(clause: Clause[Anomaly], dataset: Dataset) -> tuple[str, dict[str, Any]]:
    """The dbt test of an anomaly clause: its kind and its arguments; time runs by the column of the freshness SLA.

    Raises Breach for a test or an argument that is not known, and for one whose results would show values of a
    column that is not public: they go into the report.
    """
    test, arguments = clause.argument.test, dict(clause.argument.arguments)
    if test not in _TESTS:
        raise Breach(f"{clause.id}: Elementary has no test {test!r} for us.", f"Use one of {', '.join(_TESTS)}.")
    unknown = sorted(set(arguments) - _TESTS[test])
    if unknown:
        known = ", ".join(sorted(_TESTS[test])) or "none"
        raise Breach(f"{clause.id}: {test} takes no argument {unknown[0]!r}.", f"It takes: {known}.")
    if (test == "column_anomalies") != bool(clause.column):
        raise Breach(f"{clause.id}: {test} is not in its place.", "Only column_anomalies is a rule of a column.")
    if test != "schema_changes":
        arguments.setdefault("timestamp_column", dataset.load_column)
        arguments["timestamp_column"] = _physical(clause, dataset, arguments["timestamp_column"])
    if "dimensions" in arguments:
        arguments["dimensions"] = [
            _physical(clause, dataset, name, shown=True) for name in as_list(arguments["dimensions"])
        ]
    metrics = as_list(arguments.get("column_anomalies") or list(_SHOWS_VALUES))
    if clause.column and not _SHOWS_VALUES.isdisjoint(metrics):
        _physical(clause, dataset, clause.column, shown=True)
    return f"elementary.{test}", {name: _worded(clause, argument) for name, argument in arguments.items()}


def _physical(clause: Clause, dataset: Dataset, name: Any, shown: bool = False) -> str:
    column = dataset.find(name)
    if column is None:
        raise Breach(
            f"{clause.id}: {dataset.name} has no column {name!r} to go by.",
            "Name one of its properties; without timestamp_column the freshness SLA tells.",
        )
    if shown and column.classification != PUBLIC:
        raise Breach(
            f"{clause.id} would show values of {name}, which is {column.classification}.",
            "Use counts, rates and averages, or a column that is public.",
        )
    return column.physical_name


def _worded(clause: Clause, value: Any) -> Any:
    """An argument as it is, if all text in it is plain words: Elementary writes it into its SQL without escaping."""
    if isinstance(value, dict):
        return {_worded(clause, key): _worded(clause, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_worded(clause, item) for item in value]
    if isinstance(value, str) and not _WORD.fullmatch(value):
        raise Breach(
            f"{clause.id}: Elementary would take {shown(value)} for SQL.",
            "Give it words of letters, digits and _; a column of another name cannot be watched.",
        )
    return value


_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def gate(contract: Contract, dataset: Dataset, package: str) -> str:
    """A dbt source over the delivered table, with a test a clause that reads the gate's last verdict.

    A refused delivery is a failure; rows in quarantine, an absent column that may be empty, and all that is of severity
    warning, a warning. Anomaly clauses have tests of Elementary's own.
    """
    clauses = [clause for clause in dataset.clauses if not clause.absent("gate") and clause.kind is not ANOMALY]
    names = unique_slugs([clause.id for clause in clauses], joint="__")
    by_column: dict[str, list[Any]] = {}
    for clause in clauses:
        may_be_absent = clause.kind is PRESENT and dataset.may_be_absent(clause.column or "")
        refuses = clause.severity == "error" and not clause.kind.loses_rows and not may_be_absent
        test = {
            f"{package}.gate_clause": {
                "name": f"gate__{names[clause.id]}",
                "arguments": {"clause": clause.id},
                "config": {"severity": "error" if refuses else "warn"},
            }
        }
        by_column.setdefault(clause.column or "", []).append(test)
    table: dict[str, Any] = {
        "name": dataset.name,
        "identifier": dataset.table,
        "description": f"The gate's last verdict on each clause of {contract.label}.",
        "config": {"meta": {"owner": contract.team, "contract": contract.name, "version": contract.version}},
        "data_tests": by_column.pop("", []),
        "columns": [{"name": dataset.physical(name), "data_tests": tests} for name, tests in by_column.items()],
    }
    source = {"name": "gate", "schema": dataset.schema, "tables": [table]}
    return f"# {header(contract)}\n" + dbt_yaml({"version": 2, "sources": [source]})
