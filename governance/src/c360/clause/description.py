"""What a clause promises, and what broke it, as sentences for people who do not read YAML."""

from typing import Any, Literal

from c360.clause.kinds import ANOMALY, CLASSIFICATION, FRESHNESS, LATENCY, PRESENT, RETENTION
from c360.model import Clause, Contract, Dataset, Unenforced
from c360.printable import age, number, span


def describe(clause: Clause[Any]) -> str:
    """The promise as a sentence without its subject, which is the column or the table. The contract's own
    description counts where it has one."""
    return clause.description or clause.kind.describe(clause)


Consequence = Literal["refuse", "quarantine", "fail", "warn", "lint", "nothing"]


def consequence(contract: Contract, dataset: Dataset, clause: Clause[Any]) -> tuple[Consequence, str]:
    """What a breach of the clause does, as a word and as a sentence."""
    if isinstance(clause.argument, Unenforced):
        return "nothing", f"No tool enforces it: {clause.argument.why}."
    if clause.kind is CLASSIFICATION:
        return "lint", "c360 lint refuses the contract."
    if clause.kind is ANOMALY and (contract.layer != "sources" or clause.absent("gate")):
        return "warn", "Elementary's test in dbt tells of it, where it is installed."
    if clause.severity == "warning":
        return "warn", "It is recorded as a warning; nothing is held back."
    if contract.layer == "partners":
        return "refuse", "The bundle is not published."
    if contract.layer != "sources":
        return "fail", "The build fails, and no partner gets the data."
    if clause.kind is PRESENT and dataset.may_be_absent(clause.column or ""):
        return "warn", "The column is read as null; beside a column that nobody expects, the delivery is refused."
    if clause.kind.loses_rows:
        return "quarantine", "The row goes to quarantine, the others are taken."
    return "refuse", "The delivery is refused, and nothing of it is taken."


def breach(clause: Clause[Any], measured: float | None, rows: int | None = None) -> str:
    """What was measured beside what is promised. `measured` of an age is in seconds; `rows` is how many rows broke it,
    None where they are not counted. No value of the data is in it."""
    old = None if measured is None else aged(clause, measured)
    if old:
        return old
    promised = f"{clause.id} ({describe(clause).rstrip('.')})"
    if rows:
        return f"{rows:,} row{'' if rows == 1 else 's'} break {promised}".replace("row break", "row breaks")
    return promised if measured is None else f"{promised}: measured {number(measured)}"


def aged(clause: Clause[Any], seconds: float) -> str | None:
    """`newest row is 2 days old; 1 day is promised`; None for a clause that promises no age."""
    if clause.kind is FRESHNESS and seconds < 0:
        return "no row tells when it was loaded"
    if clause.kind in (FRESHNESS, RETENTION):
        which = "newest" if clause.kind is FRESHNESS else "oldest"
        return f"{which} row is {age(seconds)} old; {span(clause.argument)} {_is(clause.argument)} promised"
    if clause.kind is LATENCY:
        promised = clause.argument.seconds
        return f"a row came {age(seconds)} after its event; {span(promised)} {_is(promised)} promised"
    return None


def _is(seconds: float) -> str:
    return "is" if span(seconds).startswith("1 ") else "are"
