"""Forget one person: lock -> find -> erase -> search -> prove, in one transaction; then the space is given back.

Files go before the transaction ends. A kill undoes what was done in the database; what was done to files stands, and
is done again without harm: so the same command ends the same way, whenever the first one was killed.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from c360.contract.people import Subject
from c360.database import connect
from c360.database.state import data_folder
from c360.database.waiting import partners_are_through, partners_let_go
from c360.engine import require_postgres
from c360.errors import CouldNotTell
from c360.forget import erase, files, traces
from c360.forget.identifying import SHORT, in_bytes, in_text, is_identifying
from c360.ledger import erasure
from c360.ledger.locks import forgetting
from c360.ledger.tables import prepare
from c360.project import Project
from c360.share import keys
from c360.share.window import rekey

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Request:
    """Who is to be forgotten, and who does it. `closed` are the classifications that identify a person alone."""

    subject: Subject
    given: str = field(repr=False)
    """The id, as it was typed."""
    by: str
    closed: tuple[str, ...]


@dataclass(frozen=True)
class Forgotten:
    """What was found of a person, and erased unless it was a dry run. `rows` is a number by table."""

    tombstone: int | None
    """Its number; None in a dry run for somebody who was not forgotten before."""
    before: datetime | None
    """When it was done before, in UTC."""
    rows: dict[str, int]
    files: int
    left: dict[str, int]
    """Rows by table that hold something of the person still: of sources whose contracts do not lead to them."""
    searched: bool
    """Whether what no contract describes was searched for the id: a short number may be anything."""


def forget(
    project: Project,
    request: Request,
    dry_run: bool = False,
    say: Callable[[str], None] = lambda step: None,
    tell: Callable[[str], None] = lambda what: None,
) -> Forgotten:
    """Erase a person everywhere, and keep them out. `say` is told the step; `tell` whose session was ended, since it
    was in the way.

    Raises CouldNotTell when nothing of them is here, and nobody was forgotten under that id; for what is no id, and
    for a file that cannot be erased. The database is then as it was.
    """
    require_postgres(project.settings, project.catalog, "forget")
    with closing(connect(project.settings)) as ledger:
        prepare(ledger)
    with closing(connect(project.settings, role=None)) as database, partners_let_go(project.settings, tell):
        with database.transaction(force_rollback=dry_run):
            done = _erase(project, request, database, dry_run, say)
        if not dry_run:
            say("giving back space")
            partners_are_through(database, tell)
            _vacuum(database, done)
    return done


def _erase(
    project: Project, request: Request, database: "Connection", dry_run: bool, say: Callable[[str], None]
) -> Forgotten:
    catalog, subject = project.catalog, request.subject
    with database.cursor() as cursor:
        person, known = erase.identify(cursor, subject, request.given)
        say("waiting for who builds or delivers")
        forgetting(cursor)
        number, new = erasure.tombstone(database, subject.dataset.name, subject.column, known)
        say("finding rows")
        theirs = erase.Erasure(cursor, catalog, subject, person)
        theirs.find()
        direct = [
            column.name
            for column in subject.dataset.columns
            if column.classification in request.closed and column.name != subject.column
        ]
        traits = {(column, text) for column, text in theirs.traits(direct) if is_identifying(text)}
        ids = {person, known} if is_identifying(person) else set()
        values = {text for _, text in traits} - ids
        say("erasing rows")
        rows = theirs.erase()
        say("searching what no contract describes")
        traces.remember(cursor, ids, values, SHORT)
        pseudonyms = traces.pseudonyms(cursor, catalog) | {
            made for *_, made in keys.pseudonyms_of(cursor, [person, known])
        }
        traces.remember(cursor, (), pseudonyms, SHORT)
        values |= pseudonyms
        rows += traces.erase_delivered(cursor, subject, theirs.unnamed())
        rows += traces.erase_made(cursor, catalog)
        rekey(cursor, rows)
        masked = in_text(ids | values)
        rows.update(erasure.mask(database, traces.holds, lambda text: masked.sub("***", text)))
        left = traces.left(cursor)
        say("searching files")
        found = files.erase(project.settings, data_folder(project.settings), in_bytes(ids | values), dry_run)
    before = erasure.first(database, number)
    if new and not (rows or found or left):
        raise CouldNotTell(
            f"Nobody with that {subject.name} is here; nothing was changed.", "Check the id: c360 forget --help"
        )
    erasure.add_traits(database, number, traits)
    if new or rows or found:
        erasure.put_down(database, number, request.by, rows, found)
    return Forgotten(None if new and dry_run else number, before, dict(rows), found, dict(left), bool(ids))


def _vacuum(database: "Connection", done: Forgotten) -> None:
    """Rows that are gone keep their bytes in the files of a table until this; after a kill, the next run does it."""
    tables = erasure.tables(database, done.tombstone or 0)
    with database.cursor() as cursor:
        erase.vacuum(cursor, tables)
