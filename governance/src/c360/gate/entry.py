"""Entry: into the gate one after the other, and what lies in it afterwards is nobody's."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from c360.clause.kinds import RELATIONSHIP, ROW_RULE, SQL
from c360.engine.interface import Landing
from c360.gate.account import Gate
from c360.ledger import locks


@contextmanager
def entered(gate: Gate) -> Iterator[Landing]:
    """Wait for whoever delivers the dataset; whatever becomes of the delivery, the landing is empty afterwards."""
    with locks.delivering(gate.ledger, gate.dataset.name), gate.engine.landing(gate.catalog, gate.dataset) as landing:
        yield landing


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
