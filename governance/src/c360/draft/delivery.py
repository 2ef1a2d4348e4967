"""A draft from a delivery: its columns are profiled in one pass, its key is sought, its form is said."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.contract.names import faults
from c360.draft.classify import Classified, beside_a_person, classify, names_a_key, with_parts
from c360.draft.distinct import MOST_HASHES
from c360.draft.document import names_inside
from c360.draft.frame import drafted, freshness, undescribed
from c360.draft.keys import find_key, find_pair, key_candidates, with_key
from c360.draft.profile import ColumnProfile, Profiler
from c360.draft.propose import holds, propose
from c360.draft.reading import Source, blocks, open_source
from c360.draft.write import Draft, Property, Table
from c360.errors import CouldNotTell

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_COLUMNS = 1_600
"""Postgres has no table with more."""


def from_delivery(path: Path, name: str, levels: Sequence[str]) -> tuple[Draft, Source]:
    """Raises CouldNotTell for a file that cannot be read."""
    source = open_source(path)
    delivery = source.open()
    if len(source.header) > _MOST_COLUMNS:
        raise CouldNotTell(f"{path} has more than {_MOST_COLUMNS} columns, which no table has.", "Split it.")
    profiles = profile_columns(source.header, blocks(delivery))
    decimal = decimal_mark(profiles, source.form.delimiter)
    names = [column_name(header, at) for at, header in enumerate(source.header)]
    parts = source.parts or ({},) * len(profiles)
    found = [with_parts(one, names_inside(part)) for one, part in zip(classify_all(profiles), parts, strict=True)]
    declared = [kind if holds(kind, seen) else "" for kind, seen in zip(source.declared, profiles, strict=True)]
    columns = zip(profiles, found, declared, names, strict=True)
    properties = [propose(seen, level, kind, levels, decimal, called) for seen, level, kind, called in columns]
    properties = [
        Property({**prop.document, **part}, prop.evidence) for prop, part in zip(properties, parts, strict=True)
    ]
    may = key_candidates(found, properties)
    key = find_key(profiles, properties, may, name) or find_pair(profiles, properties, may, source)
    form = {
        "delimiter": source.form.delimiter if source.form.delimiter != "," else None,
        "encoding": source.form.encoding if source.form.encoding != "utf-8" else None,
        "decimal": decimal if decimal != "." else None,
        "aliases": {header: name for header, name in zip(source.header, names, strict=True) if header != name} or None,
    }
    notes = [f"Drafted from {path.name} by c360 import: {delivery.records:,} records."]
    if delivery.set_aside:
        notes.append(f"{delivery.set_aside:,} of its lines are no records, and would be quarantined.")
    table = table_of(name, profiles, with_key(properties, key), {k: v for k, v in form.items() if v})
    return drafted(name, (table,), notes, freshness(name, table.properties)), source


def profile_columns(header: Sequence[str], read: Iterable["pa.Table"]) -> list[ColumnProfile]:
    """The facts of every column, from one pass over blocks of text."""
    likely = [at == 0 or names_a_key(name) for at, name in enumerate(header)]
    tallies = [
        Profiler(name, MOST_HASHES // (sum(likely) if key else 8 * len(header)))
        for name, key in zip(header, likely, strict=True)
    ]
    for block in read:
        for column, values in zip(tallies, block.columns, strict=True):
            for chunk in values.chunks:
                column.add(chunk)
    return [column.profile for column in tallies]


def classify_all(profiles: Sequence[ColumnProfile]) -> list[Classified]:
    """Every column; the time of loading stays what it is beside a person."""
    alone = [classify(found.name, found.likely, found.long_text) for found in profiles]
    if all(found.level != "pii_direct" for found in alone):
        return alone
    return [
        found if "loaded" in column.name.lower() else beside_a_person(found)
        for column, found in zip(profiles, alone, strict=True)
    ]


def decimal_mark(profiles: Sequence[ColumnProfile], delimiter: str) -> str:
    """A comma where numbers of some column need it and of no column a point."""
    with_comma = any("comma" in found.shapes and "whole" not in found.shapes for found in profiles)
    with_point = any({"float", "leading"} <= found.shapes and "whole" not in found.shapes for found in profiles)
    return "," if with_comma and not with_point and delimiter != "," else "."


def column_name(header: str, at: int) -> str:
    """The header's own where tools can carry it; else one that they can."""
    document = {"name": "x", "schema": [{"name": "x", "properties": [{"name": header or " "}]}]}
    if not any(fault.place[:1] == ("schema",) for fault in faults(document, "sources")):
        return header
    plain = re.sub(r"\W+", "_", header).strip("_")[:14]  # of four bytes each
    return f"{plain}_{at + 1}" if plain and not plain.startswith("c360__") else f"column_{at + 1}"


def table_of(
    name: str, profiles: Sequence[ColumnProfile], properties: tuple[Property, ...], form: dict[str, Any]
) -> Table:
    """The schema object, with the form that its deliveries have where that is not the usual one."""
    document = undescribed(name)
    if form:
        document["customProperties"] = [{"property": "delivery", "value": form}]
    if profiles and profiles[0].rows:
        document["quality"] = [
            {
                "id": "not_empty", "metric": "rowCount", "mustBeGreaterThan": 0, "dimension": "completeness",
                "severity": "error", "description": "A delivery holds at least one row.",
            }
        ]  # fmt: skip
    return Table(document, properties)
