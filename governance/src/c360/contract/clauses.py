"""From the parts of a schema object to its clauses: which promises it makes, and what each is called."""

from typing import Any

from c360.clause import levels, rules
from c360.clause.arguments import Argument, Nested, Unenforced
from c360.clause.kinds import KINDS, PHYSICAL_TYPE, UNENFORCED
from c360.clause.promise import STANDS, Entry, Promise, Stand, Table, only_warns
from c360.clause.types import is_of_the_database
from c360.contract.document import Place
from c360.contract.problems import Problems
from c360.contract.unenforced import unclear, unenforced, unenforced_in_contract, unenforced_in_sla
from c360.model import Clause, Kind


def clauses_of(
    contract: str, version: str, table: Table, problems: Problems | None = None
) -> tuple[Clause[Argument], ...]:
    """All clauses of one schema object, in the order in which the contract makes them.

    Raises:
        Breach: a clause that cannot be understood (an unknown unit, a rule without a bound) and is not collected.
    """
    problems, unread = problems or Problems(), set[str]()
    found: dict[str, Clause[Argument]] = {}

    def add(kind: Kind[Any], promise: Promise[Argument], place: Place) -> None:
        column = None if kind.stands == "service level" else promise.column
        stem = ".".join(filter(None, (table.name, column, promise.name or kind.name)))
        identifier, number = stem, 2
        while identifier in found:
            identifier, number = f"{stem}_{number}", number + 1
        found[identifier] = Clause(
            id=identifier,
            contract=contract,
            version=version,
            dataset=table.name,
            column=promise.column,
            kind=kind,
            argument=promise.argument,
            severity="warning" if only_warns(promise.source) else "error",
            dimension=str(promise.source.get("dimension") or kind.dimension),
            description=str(promise.source.get("description") or ""),
            place=place,
        )

    for part in table.parts():
        for stand in STANDS:
            kinds = [kind for kind in KINDS.values() if kind.stands == stand]
            for entry in part.at(stand):
                known = len(problems.found)
                before = len(found) + known
                for kind in kinds:
                    place = _place(kind, entry)
                    with problems.at(place, _rule_of(kind, entry)):
                        for promise in kind.read(entry):
                            add(kind, promise, place)
                read = len(found) + len(problems.found) > before
                with problems.at(entry.place, "unclear"):
                    for promise in _left_over(stand, entry, read):
                        add(UNENFORCED, promise, entry.place)
                for _, place, breach in problems.found[known:]:
                    if breach.message not in unread:
                        unread.add(breach.message)
                        add(UNENFORCED, unclear(place, breach, entry), place)
    enforced = {
        (str(clause.column), clause.argument.clause_name if isinstance(clause.argument, Nested) else clause.kind.name)
        for clause in found.values()
    }
    first = table.name == table.tables[0]
    place = ("schema", table.tables.index(table.name))
    left = [*unenforced(table.part, place, enforced), *(unenforced_in_contract(table.document) if first else ())]
    for promise in left:
        add(UNENFORCED, promise, promise.argument.place)
    return tuple(found.values())


def _rule_of(kind: Kind[Any], entry: Entry) -> str:
    """The rule of lint for a promise of that kind which is not understood. A type of the database's own only is not
    enforced."""
    if kind is not PHYSICAL_TYPE:
        return "unclear"
    return "not-enforced" if is_of_the_database(str(entry.body.get("physicalType"))) else "unknown-type"


def _place(kind: Kind[Any], entry: Entry) -> Place:
    """Where in a property or schema object a kind looks, if that bears its name."""
    for steps in ((kind.name,), (f"{kind.name}s",), ("logicalTypeOptions", kind.name)):
        holder = entry.body.get(steps[0]) if steps[1:] else entry.body
        if isinstance(holder, dict) and steps[-1] in holder:
            return (*entry.place, *steps)
    return entry.place


def _left_over(stand: Stand, entry: Entry, read: bool) -> list[Promise[Unenforced]]:
    """What an entry says that no kind has read. Raises Breach where that must not be."""
    if stand == "rule" and not read:
        rules.refuse_unknown(entry)
    if stand == "service level" and levels.is_about(entry):
        return list(unenforced_in_sla(entry.body, entry.place, None if read else levels.why_not(entry)))
    return []
