"""Keep out: rows of people who were forgotten go no further than the landing, whoever delivers them again."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES, canonical_type, unsized
from c360.contract.catalog import Catalog
from c360.contract.people import Subject, holders, subject_of
from c360.engine.postgres.tables import AT, MISCAST, tables
from c360.errors import CouldNotTell
from c360.ledger import erasure
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

q, literal = POSTGRES.quote, POSTGRES.literal

_SHAPE = "________-____-____-____-____________"
_IN_LINES = r"[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}"


_UNSEEN = "".join(
    map(chr, (*range(9, 14), 32, 0x85, 0xA0, 0xAD, 0x1680, *range(0x2000, 0x2010), *range(0x2028, 0x2030), 0x205F,
              *range(0x2060, 0x2065), 0x3000, 0xFEFF))
)  # fmt: skip
"""What takes room or none, and shows nothing: blanks of Unicode, line ends, marks of width and direction."""
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")


def normal(text: str, physical_type: str) -> str:
    """SQL: an id as text in the one spelling that tombstones are of: of a number its value, of a uuid its digits, of
    a date or a time that of its type, of a text its NFC. Blanks around it, and what nobody sees, do not count.

    Upper and lower case of a text, and zeros before it, are not the same: there are systems whose ids differ in
    nothing else.
    """
    kind = unsized(canonical_type(physical_type))
    if kind == "uuid":
        return _before(text, physical_type)
    seen = f"btrim({text}, {literal(_UNSEEN)})"
    if kind in _NUMBERS:
        return f"case when pg_input_is_valid({seen}, 'numeric') then trim_scale({seen}::numeric)::text else {seen} end"
    if kind in ("text", "character varying", "character"):
        return f"normalize({seen}, nfc)"
    return f"coalesce(({POSTGRES.cast(seen, physical_type)})::text, {seen})"


def _before(text: str, physical_type: str) -> str:
    """SQL: the spelling that tombstones up to release 1.4 are of."""
    if canonical_type(physical_type) == "uuid":
        plain = f"replace(lower({text}), '-', '')"
        return (
            f"case when {text} like '{_SHAPE}' then {plain} "
            f"else right(regexp_replace({plain}, '[^0-9a-f]', '', 'g'), 32) end"
        )
    return f"coalesce(({POSTGRES.cast(f'btrim({text})', physical_type)})::text, btrim({text}))"


def keep_out(cursor: "cursor", catalog: Catalog, dataset: Dataset) -> int:
    """Take out of what landed the rows of people who were forgotten, and from the others the mention of them; a line
    that is no record, and names one, is emptied. Returns how many rows that were."""
    here = tables(dataset)
    dropped = 0
    for subject, column, needed in _places(cursor, catalog, dataset):
        name = q(dataset.physical(column))
        theirs = f"({_theirs(subject, f'coalesce(t.{name}::text, x.{name})')})"
        landed = f"{here.text} as x where x.{AT} = t.{AT} and {theirs}"
        if needed:
            cursor.execute(f"delete from {here.typed} as t using {landed}")
            dropped += cursor.rowcount
            dropped += _without_id(cursor, subject) if dataset.name == subject.dataset.name else 0
        else:
            others = f"nullif(array_remove({MISCAST}, {literal(column)}), '{{}}')"
            cursor.execute(f"update {here.typed} as t set {name} = null, {MISCAST} = {others} from {landed}")
        cursor.execute(f"update {here.unreadable} set contents = '' where {named_in_line(subject, 'contents')}")
        while cursor.rowcount:  # and the lines beside one, which may be the rest of it
            cursor.execute(
                f"update {here.unreadable} as u set contents = '' where contents <> '' and exists (select from "
                f"{here.unreadable} as n where n.contents = '' and abs(n.record - u.record) = 1)"
            )
    return dropped


def _without_id(cursor: "cursor", subject: Subject) -> int:
    """Take out rows that have no readable id, and hold what only somebody had who was forgotten."""
    dataset = subject.dataset
    here = tables(dataset)
    there = {column.name: q(column.physical_name) for column in dataset.columns}
    known = [name for name in erasure.traits(cursor.connection, dataset.name) if name in there]
    tests = [erasure.has_trait(dataset.name, name, f"x.{there[name]}") for name in known]
    if not tests:
        return 0
    cursor.execute(
        f"delete from {here.typed} as t using {here.text} as x "
        f"where x.{AT} = t.{AT} and t.{there[subject.column]} is null and ({' or '.join(tests)})"
    )
    return int(cursor.rowcount)


def delivered(cursor: "cursor", catalog: Catalog, dataset: Dataset) -> dict[str, str]:
    """By name of a column SQL of what the landed row x holds, without mentions of people who were forgotten."""
    texts = {column.name: f"x.{q(column.physical_name)}" for column in dataset.columns}
    for subject, name, needed in _places(cursor, catalog, dataset):
        if not needed:
            texts[name] = f"case when ({_theirs(subject, texts[name])}) is not true then {texts[name]} end"
    return texts


def named_in_line(subject: Subject, line: str) -> str:
    """SQL: whether one of the words in a line that is no record is the id of somebody who was forgotten."""
    word = _theirs(subject, "word")
    found = f"select (regexp_matches({line}, '{_IN_LINES}', 'g'))[1]"
    if canonical_type(subject.physical_type) != "uuid":
        found = (
            f"select regexp_split_to_table({line}, '[^[:alnum:]_.@+-]+') "
            f"union select regexp_split_to_table({line}, '[,;|\t\"]')"
        )
    return f"exists (select 1 from ({found}) as found (word) where {word})"


def _theirs(subject: Subject, text: str) -> str:
    spellings = dict.fromkeys(spelled(text, subject.physical_type) for spelled in (normal, _before))
    return " or ".join(erasure.is_kept_out(subject.dataset.name, subject.column, one) for one in spellings)


def _places(cursor: "cursor", catalog: Catalog, dataset: Dataset) -> Iterator[tuple[Subject, str, bool]]:
    """Where the dataset holds ids of a kind that some tombstone is of: whose, the column, whether a row needs it."""
    for name, column in erasure.subjects(cursor.connection):
        try:
            subject = subject_of(catalog, (), f"{name}.{column}")
        except CouldNotTell:  # its contract is gone, and nothing of it can be delivered
            continue
        for held, needed in holders(catalog, subject).get(dataset.name, {}).items():
            yield subject, held, needed
