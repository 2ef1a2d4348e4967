"""Kept out: SQL of the ledger's database that tells who was forgotten, by the ids and the lines that it is given."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES, canonical_type, unsized
from c360.contract.catalog import Catalog
from c360.contract.people import Subject, holders, subject_of
from c360.errors import CouldNotTell
from c360.ledger import erasure
from c360.model import Dataset

if TYPE_CHECKING:
    from psycopg import Cursor

literal = POSTGRES.literal

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


def named_in_line(subject: Subject, line: str) -> str:
    """SQL: whether one of the words in a line that is no record is the id of somebody who was forgotten."""
    word = theirs(subject, "word")
    found = f"select (regexp_matches({line}, '{_IN_LINES}', 'g'))[1]"
    if canonical_type(subject.physical_type) != "uuid":
        found = (
            f"select regexp_split_to_table({line}, '[^[:alnum:]_.@+-]+') "
            f"union select regexp_split_to_table({line}, '[,;|\t\"]')"
        )
    return f"exists (select 1 from ({found}) as found (word) where {word})"


def theirs(subject: Subject, text: str) -> str:
    """SQL: whether `text`, SQL of an id, is of somebody who was forgotten, in one of its spellings."""
    spellings = dict.fromkeys(spelled(text, subject.physical_type) for spelled in (normal, _before))
    return " or ".join(erasure.is_kept_out(subject.dataset.name, subject.column, one) for one in spellings)


def places(cursor: "Cursor", catalog: Catalog, dataset: Dataset) -> Iterator[tuple[Subject, str, bool]]:
    """Where the dataset holds ids of a kind that some tombstone is of: whose, the column, whether a row needs it."""
    for name, column in erasure.subjects(cursor.connection):
        try:
            subject = subject_of(catalog, (), f"{name}.{column}")
        except CouldNotTell:  # its contract is gone, and nothing of it can be delivered
            continue
        for held, needed in holders(catalog, subject).get(dataset.name, {}).items():
            yield subject, held, needed
