"""datacontract-cli, run on one contract: what it is handed, and which clause each of its checks is about.

It is handed a copy of the contract, in which every quality rule bears an id by which its check is known again, types
are spelled as Postgres spells them, and the only server is the database of this run, whatever servers the contract
names. It does not decide alone: see `verify`.
"""

import logging
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from c360.clause.dialect import canonical_type
from c360.clause.guard import Tables, with_guarded_rules
from c360.clause.inside import OPTIONS
from c360.clause.kinds import EXCLUSIVE_MAXIMUM, EXCLUSIVE_MINIMUM, PATTERN, RELATIONSHIP
from c360.clause.rules import is_rule
from c360.contract.servers import engine_of
from c360.model import Clause, Contract, Dataset, Rule
from c360.settings import Settings

_RESULTS = {"passed": "passed", "failed": "failed"}
_WORST = ("passed", "errored", "failed")
_SERVER = "c360"
_UNANSWERED = "our own query has no answer"


@dataclass(frozen=True)
class CliResults:
    """What it says of the clauses of one contract.

    `outcomes` by clause id: passed, failed, or errored when it could not tell. `not_asked` tells why there is none
    of a clause (by id, or for all of them under `*`). `other_checks` are about no clause.
    """

    outcomes: dict[str, str] = field(default_factory=dict)
    not_asked: dict[str, str] = field(default_factory=dict)
    other_checks: tuple[str, ...] = ()

    def reason_for_silence(self, clause: Clause) -> str:
        """Why it says nothing of a clause that it could measure; empty when it did say something."""
        if self.outcomes.get(clause.id) in ("passed", "failed") or not clause.kind.datacontract:
            return ""
        if clause.id in self.outcomes:
            return "datacontract could not tell"
        reason = self.not_asked.get(clause.id) or self.not_asked.get("*")
        return f"datacontract: not asked, because {reason}" if reason else "datacontract has no check of it"


def run_cli(
    settings: Settings, tables: Tables, contract: Contract, pinned: bool, unanswered: Set[str] = frozenset()
) -> CliResults:
    """Run `datacontract test` over the contract's tables. `pinned` says that the run has a clock of its own,
    `unanswered` for which clauses our own query had no answer.

    It connects as the scanner does, and gets the SQL of rules as the guard understood it; `tables` are those of all
    contracts. Raises Breach for a rule that does more than look.
    """
    from c360.database.scanner import login
    from c360.database.shell import exported

    if engine_of(contract, settings.engine) != "postgres":
        return CliResults(not_asked={"*": "it is asked about tables of Postgres alone"})
    config, session = login(settings)
    asked = cli_input(contract, pinned, with_guarded_rules(contract, tables), unanswered)
    try:
        with _silent(), exported(session):
            from datacontract.data_contract import DataContract
            from open_data_contract_standard.model import OpenDataContractStandard

            run = DataContract(
                data_contract=OpenDataContractStandard(**asked.document),
                server=_SERVER,
                inline_references=False,
                include_failed_samples=False,
                config=config,
            ).test()
    except ImportError:
        return CliResults(not_asked={"*": "datacontract-cli is not installed"})
    except Exception as error:  # its text may quote the contract, or more
        return CliResults(not_asked={"*": f"it does not take the contract ({type(error).__name__})"})
    return results_by_clause(contract, run.checks or [], asked)


@dataclass(frozen=True)
class CliInput:
    """The copy of a contract, the clause that each id of a rule in it stands for, and why others are not asked."""

    document: dict[str, Any]
    rules: dict[str, Clause] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def cli_input(
    contract: Contract, pinned: bool, document: dict[str, Any] | None = None, unanswered: Set[str] = frozenset()
) -> CliInput:
    """What it is handed. It names its checks by column and metric, and when two bear one name all of the table's
    come to nothing: so the second is left out. So is a rule's severity: a breach that is only a warning would read
    as one that could not be told. A rule or pattern that is `unanswered` would take as long again.
    """
    asked = CliInput(document or deepcopy(contract.document))
    asked.document["servers"] = [
        {"server": _SERVER, "type": "postgres", "host": "localhost", "port": 5432, "database": "c360",
         "schema": contract.datasets[0].schema},
    ]  # fmt: skip
    if pinned:
        asked.document.pop("slaProperties", None)
        timed = [c.id for d in contract.datasets for c in d.clauses if c.kind.ages]
        asked.left_out.update(dict.fromkeys(timed, "it knows no clock but its own"))
    for i, (part, dataset) in enumerate(zip(asked.document["schema"], contract.datasets, strict=True)):
        place = ("schema", i)
        _ask_rules(asked, part, dataset, place, unanswered)
        for j, prop in enumerate(part.get("properties") or []):
            column = dataset.column(prop["name"])
            if column.own_type:  # of which there is no clause, and which it takes for no type at all
                prop.pop("physicalType")
                prop.pop("logicalType", None)
            elif prop.get("physicalType"):
                prop["physicalType"] = canonical_type(column.physical_type)
            _ask_nothing_inside(prop)
            _ask_bounds(asked, prop, dataset)
            _ask_rules(asked, prop, dataset, (*place, "properties", j), unanswered)
            for clause in (c for c in PATTERN.of(dataset) if c.column == prop["name"] and c.id in unanswered):
                prop["logicalTypeOptions"].pop("pattern")
                asked.left_out[clause.id] = _UNANSWERED
    _ask_one_schema(asked, contract)
    return asked


def _ask_one_schema(asked: CliInput, contract: Contract) -> None:
    """Its server has one schema, and tables are named bare in it."""
    kept = []
    for part, dataset in zip(asked.document["schema"], contract.datasets, strict=True):
        if dataset.schema == contract.datasets[0].schema:
            kept.append(part | ({"physicalName": dataset.table} if part.get("physicalName") else {}))
        else:
            asked.left_out.update(
                dict.fromkeys((c.id for c in dataset.clauses), "it looks at one schema of a contract")
            )
    asked.document["schema"] = kept


def _ask_rules(
    asked: CliInput, holder: dict[str, Any], dataset: Dataset, place: tuple[str | int, ...], unanswered: Set[str]
) -> None:
    """A rule that is no clause is not asked: nobody has looked at its SQL."""
    rules = {c.place: (c, c.argument.metric) for c in dataset.clauses if isinstance(c.argument, Rule)}
    metrics: set[str] = set()
    for k, quality in enumerate(holder.get("quality") or []):
        if not is_rule(quality):
            continue
        if (*place, "quality", k) not in rules:
            holder["quality"] = [other for other in holder["quality"] if other is not quality]
            continue
        clause, metric = rules[(*place, "quality", k)]
        twin = metric != "sql" and metric in metrics
        if twin or clause.id in unanswered:
            asked.left_out[clause.id] = f"it cannot tell two rules about {metric} apart" if twin else _UNANSWERED
            holder["quality"] = [other for other in holder["quality"] if other is not quality]
            continue
        metrics.add(metric)
        quality["id"] = f"rule{len(asked.rules)}"
        quality.pop("severity", None)
        asked.rules[quality["id"]] = clause


def _ask_nothing_inside(prop: dict[str, Any]) -> None:
    """It has no SQL for what lies inside a column of Postgres, and would say of each promise that it cannot tell."""
    for name in ("properties", "items", "map"):
        prop.pop(name, None)
    options = prop.get("logicalTypeOptions") or {}
    for name in options.keys() & OPTIONS:
        options.pop(name)


def _ask_bounds(asked: CliInput, prop: dict[str, Any], dataset: Dataset) -> None:
    options = prop.get("logicalTypeOptions") or {}
    for kind, others in (
        (EXCLUSIVE_MAXIMUM, {"maximum", "exclusiveMinimum"}),
        (EXCLUSIVE_MINIMUM, {"minimum"}),
    ):
        if kind.name in options and others & options.keys():
            options.pop(kind.name)
            for clause in (c for c in kind.of(dataset) if c.column == prop["name"]):
                asked.left_out[clause.id] = "it cannot tell two bounds apart"


def results_by_clause(contract: Contract, checks: Iterable[Any], asked: CliInput) -> CliResults:
    """Its checks by clause. Where several are about one clause, the worst counts; where one may be about several
    clauses, that it passed counts for each, and anything else for none: nobody knows which it was."""
    outcomes: dict[str, str] = {}
    other_checks = []
    for check in checks:
        result = _RESULTS.get(check.result.value if check.result else "", "errored")
        found = _clauses(contract, check, asked.rules)
        if not check.model and not found:
            if result != "passed":
                return CliResults(not_asked={"*": f"it stopped at: {check.name}"})
        elif not found:
            place = ".".join(filter(None, (check.model, check.field)))
            other_checks.append(f"{check.type} of {place} {'could not be told' if result == 'errored' else result}")
        for clause in found:
            outcome = result if len(found) == 1 or result == "passed" else "errored"
            outcomes[clause.id] = max(outcomes.get(clause.id, outcome), outcome, key=_WORST.index)
    return CliResults(outcomes, asked.left_out, tuple(other_checks))


def _clauses(contract: Contract, check: Any, rules: dict[str, Clause]) -> list[Clause]:
    if check.qualityId in rules:
        return [rules[check.qualityId]]
    for dataset in contract.datasets:
        if check.model == dataset.table:
            return [c for c in dataset.clauses if check.type in c.kind.checks and check.field in _names(dataset, c)]
    return []


def _names(dataset: Dataset, clause: Clause) -> tuple[str | None, ...]:
    """What a check may call the clause's column: a reference that it cannot follow bears the contract's name of it."""
    if clause.column is None:
        return (None,)
    physical = dataset.physical(clause.column)
    return (physical, clause.column) if clause.kind is RELATIONSHIP else (physical,)


@contextmanager
def _silent() -> Iterator[None]:
    """datacontract-cli logs what it tests, values of the data included."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
