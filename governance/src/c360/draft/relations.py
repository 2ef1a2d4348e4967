"""Proposes which key a column refers to: by its name, and because every value is there where both files are at hand."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from c360.draft.classify import split_name
from c360.draft.distinct import Distinct
from c360.draft.document import Known
from c360.draft.keys import hashed_blocks
from c360.draft.reading import Source
from c360.draft.vocabulary import KEYS
from c360.draft.write import Draft, Property


def with_relationships(found: Sequence[tuple[Draft, Source]], known: Known) -> list[Draft]:
    """The drafts with references to each other's keys; what may refer to a dataset of the project is only noted."""
    keys = [(draft, source, at) for draft, source in found for at in _single_key(draft)]
    drafts = []
    for draft, source in found:
        properties = list(draft.tables[0].properties)
        for at, prop in enumerate(properties):
            if prop.document.get("primaryKeyPosition") == 1 and _single_key(draft):
                continue
            properties[at] = _referring(draft, source, at, prop, keys) or _with_note(prop, known)
        drafts.append(replace(draft, tables=(replace(draft.tables[0], properties=tuple(properties)),)))
    return drafts


def _single_key(draft: Draft) -> list[int]:
    """The number of the column that is the key by itself."""
    at = [n for n, prop in enumerate(draft.tables[0].properties) if prop.document.get("primaryKey")]
    return at if len(at) == 1 else []


def _referring(
    draft: Draft, source: Source, at: int, prop: Property, keys: Sequence[tuple[Draft, Source, int]]
) -> Property | None:
    """The column with a reference to the first key that its name tells of; None when it tells of none."""
    for target, other, key_at in keys:
        key = target.tables[0].properties[key_at].document
        same = key["physicalType"] == prop.document["physicalType"]
        if target is draft or not same or not refers(prop.document["name"], target.name, key["name"]):
            continue
        to = f"{target.name}.{key['name']}"
        values, kind = Distinct(), str(key["physicalType"])
        for block in hashed_blocks(other, {key_at: kind}):
            values.add(block[key_at])
        if not values.all_in(block[at] for block in hashed_blocks(source, {at: kind})):
            return Property(prop.document, (*prop.evidence, f"Not all of its values are in {to}, as its name says."))
        document: dict[str, Any] = {**prop.document, "relationships": [{"type": "foreignKey", "to": to}]}
        document["customProperties"] = document.pop("customProperties")
        return Property(document, (*prop.evidence, f"All of its values are in {to}: a reference, it seems."))
    return None


def _with_note(prop: Property, known: Known) -> Property:
    for table, columns in known.items():
        for key in sorted(columns):
            if split_name(key)[-1:] and split_name(key)[-1] in KEYS and refers(prop.document["name"], table, key):
                return Property(prop.document, (*prop.evidence, f"It may refer to {table}.{key}: that was not tried."))
    return prop


def refers(column: str, table: str, key: str) -> bool:
    """Whether the name of a column says that it holds keys of a table: `customer_id` those of customers by id."""
    named, owner, own = ("".join(split_name(text)) for text in (column, table, key))
    owners = {owner, owner.removesuffix("s"), f"{owner.removesuffix('ies')}y"}
    return named in {one + own for one in owners} or (named == own and own not in KEYS)
