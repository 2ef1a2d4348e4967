"""From the parts of a schema object to its clauses: which promises it makes, and what each is called."""

from typing import Any

from c360.clause import levels, rules
from c360.clause.arguments import Argument, Nested
from c360.clause.kinds import KINDS, NOTED, PHYSICAL_TYPE
from c360.clause.promise import STANDS, Entry, Said, Stand, Table, only_warns
from c360.clause.types import is_of_the_database
from c360.contract.document import Place
from c360.contract.problems import Problems
from c360.contract.unenforced import Note, notes_of, notes_of_contract, notes_of_sla, unclear
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

    def add(kind: Kind[Any], said: Said[Argument], place: Place) -> None:
        column = None if kind.stands == "service level" else said.column
        stem = ".".join(filter(None, (table.name, column, said.name or kind.name)))
        identifier, number = stem, 2
        while identifier in found:
            identifier, number = f"{stem}_{number}", number + 1
        found[identifier] = Clause(
            id=identifier,
            contract=contract,
            version=version,
            dataset=table.name,
            column=said.column,
            kind=kind,
            argument=said.argument,
            severity="warning" if only_warns(said.source) else "error",
            dimension=str(said.source.get("dimension") or kind.dimension),
            description=str(said.source.get("description") or ""),
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
                        for said in kind.read(entry):
                            add(kind, said, place)
                read = len(found) + len(problems.found) > before
                with problems.at(entry.place, "unclear"):
                    for note in _left_over(stand, entry, read):
                        add(NOTED, note, entry.place)
                for _, place, breach in problems.found[known:]:
                    if breach.message not in unread:
                        unread.add(breach.message)
                        add(NOTED, _said(unclear(place, breach, entry)), place)
    enforced = {
        (str(clause.column), clause.argument.said if isinstance(clause.argument, Nested) else clause.kind.name)
        for clause in found.values()
    }
    first = table.name == table.tables[0]
    for noted in notes_of(table.part, ("schema", table.tables.index(table.name)), enforced):
        add(NOTED, _said(noted), noted.noted.place)
    for noted in notes_of_contract(table.document) if first else []:
        add(NOTED, _said(noted), noted.noted.place)
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


def _left_over(stand: Stand, entry: Entry, read: bool) -> list[Said[Argument]]:
    """What an entry says that no kind has read. Raises Breach where that must not be."""
    if stand == "rule" and not read:
        rules.refuse_unknown(entry)
    if stand == "service level" and levels.is_about(entry):
        return [_said(note) for note in notes_of_sla(entry.body, entry.place, None if read else levels.why_not(entry))]
    return []


def _said(note: Note) -> Said[Argument]:
    return Said(note.noted, note.column, note.name, note.source)
