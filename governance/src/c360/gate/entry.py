"""Entry: into the gate one after the other; what somebody who was killed had planned is finished first."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from c360.clause.kinds import RELATIONSHIP, ROW_RULE, SQL
from c360.engine.interface import Landing, Plan
from c360.errors import CouldNotTell
from c360.gate.account import Gate, finish
from c360.ledger import locks
from c360.ledger.deliveries import planned


@contextmanager
def entered(gate: Gate) -> Iterator[Landing]:
    """Wait for whoever delivers the dataset, and finish what somebody who was killed had planned. Whatever becomes of
    the delivery, the landing is empty afterwards, unless a plan needs what is in it."""
    with locks.delivering(gate.ledger, gate.dataset.name):
        landing = gate.engine.landing(gate.catalog, gate.dataset)
        _roll_forward(gate, landing)
        try:
            yield landing
        finally:
            if not gate.ledger.closed and not planned(gate.ledger, gate.dataset.name):  # else the next one clears it
                landing.clear()


def _roll_forward(gate: Gate, landing: Landing) -> None:
    left = planned(gate.ledger, gate.dataset.name)
    if left and gate.dry:
        raise CouldNotTell(
            f"An earlier delivery of {gate.dataset.name} was stopped, and is not finished yet.",
            f"Finish it first: c360 quarantine replay {gate.dataset.name}",
        )
    for one in left:
        with judging(gate), landing.transaction():
            finish(gate, landing, one.id, Plan(**one.plan), one.as_of)
    if left:
        landing.clear()


@contextmanager
def judging(gate: Gate) -> Iterator[None]:
    """Wait for whoever promotes rows of a dataset at which clauses of this one look, and for who looks at this one."""
    with locks.judging(gate.ledger, gate.dataset.name, looked_at(gate)):
        yield


def looked_at(gate: Gate) -> set[str]:
    """The other datasets whose rows clauses of this one may look at: those that it refers to, and those whose table its
    rules name."""
    clauses = (*SQL.of(gate.dataset), *ROW_RULE.of(gate.dataset))
    rules = " ".join(f"{clause.argument.query} {clause.argument.predicate}" for clause in clauses)
    words = set(re.findall(r"\w+", rules.casefold()))
    named = {d.name for _, d in gate.catalog.pairs() if set(re.findall(r"\w+", d.table.casefold())) & words}
    return ({clause.argument.target for clause in RELATIONSHIP.of(gate.dataset)} | named) - {gate.dataset.name}
