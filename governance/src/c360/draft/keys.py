"""Seeks the key of a delivery: one column, or two together."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from c360.draft.classify import Classified, names_a_key
from c360.draft.distinct import MOST_HASHES, Distinct, hashed
from c360.draft.profile import ColumnProfile
from c360.draft.propose import ENOUGH
from c360.draft.reading import Source, blocks
from c360.draft.write import Property

_MOST_PAIRED = 8
"""Columns of which every two are tried as a key."""


def key_candidates(found: Sequence[Classified], properties: Sequence[Property]) -> list[int]:
    """The columns that may be a part of a key: none empty, and nobody's own."""
    return [at for at, level in enumerate(found) if not level.personal and properties[at].document.get("required")]


def find_key(
    profiles: Sequence[ColumnProfile], properties: Sequence[Property], may: Sequence[int], table: str
) -> list[int]:
    """Of the columns that may, the one that seems to be the key: no two alike, and its name or its place says so."""
    types = ("uuid", "integer", "bigint", "text", "numeric(38,0)")
    found = [
        at
        for at in may
        if profiles[at].distinct and profiles[at].values > 1 and not profiles[at].blanks and not profiles[at].long_text
        and properties[at].document["physicalType"] in types
        and (names_a_key(profiles[at].name) or (at == 0 and profiles[at].values >= ENOUGH))
    ]  # fmt: skip
    stem = table.lower().rstrip("s")
    own = [at for at in found if profiles[at].name.lower() in ("id", f"{stem}_id", f"{stem}id", f"{table.lower()}_id")]
    return (own or found)[:1]


def find_pair(
    profiles: Sequence[ColumnProfile], properties: Sequence[Property], may: Sequence[int], source: Source
) -> list[int]:
    """Two columns that are a key together, one of them an identifier by its name: sought in a second pass."""
    types = ("uuid", "integer", "bigint", "text", "date", "timestamp", "timestamptz")
    tried = [
        at
        for at in may
        if profiles[at].values >= ENOUGH and not profiles[at].blanks and not profiles[at].long_text
        and (profiles[at].counts is None or len(profiles[at].counts or ()) > 1)
        and properties[at].document["physicalType"] in types
    ]  # fmt: skip
    named = {at for at in tried if names_a_key(profiles[at].name)}
    tried = sorted(tried, key=lambda at: (at not in named, at))[:_MOST_PAIRED]
    pairs = {
        pair: Distinct(MOST_HASHES // _MOST_PAIRED)
        for pair in itertools.combinations(sorted(tried), 2)
        if named & set(pair)
    }
    kinds = {at: str(properties[at].document["physicalType"]) for at in tried}
    for hashes in hashed_blocks(source, kinds) if pairs else ():
        for (one, other), alike in pairs.items():
            alike.add(hashes[one] * 31 + hashes[other])
        pairs = {pair: alike for pair, alike in pairs.items() if alike.holds}
    return list(next(iter(pairs), ()))


def hashed_blocks(source: Source, kinds: Mapping[int, str]) -> Iterator[dict[int, Any]]:
    """The values of some columns once more, as hashes by the number of the column; nulls are left out. `kinds` are
    the columns' types."""
    for block in blocks(source.open()):
        yield {at: hashed(block.column(at).combine_chunks().drop_null(), kind) for at, kind in kinds.items()}


def with_key(properties: Sequence[Property], key: Sequence[int]) -> tuple[Property, ...]:
    """The columns with these marked as the key, in this order."""
    marked = list(properties)
    for position, at in enumerate(key, start=1):
        said = "The key, it seems." if len(key) == 1 else "A part of the key, it seems: no two rows have both alike."
        document = dict(marked[at].document)
        after = list(document).index("physicalType") + 1
        entries = list(document.items())
        entries[after:after] = [("primaryKey", True), ("primaryKeyPosition", position)]
        marked[at] = Property(dict(entries), (said, *marked[at].evidence))
    return tuple(marked)
