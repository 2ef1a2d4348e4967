"""The form of deliveries before and after: by what it resolves to, not by how it is written."""

import codecs
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from c360.clause.promise import custom_properties
from c360.compat.changes import Change, Spot
from c360.contract.document import dicts
from c360.delivery.form import Form
from c360.errors import Breach
from c360.model import Dataset

PROPERTY = "delivery"


def at_tables(document: dict[str, Any]) -> dict[str, Any]:
    """The contract with its form of deliveries at each table that has none of its own, and nowhere else."""
    given = dicts(document.get("customProperties"))
    mine = [entry for entry in given if entry.get("property") == PROPERTY]
    tables = document.get("schema")
    if not mine or not isinstance(tables, list) or not dicts(tables):
        return document
    others = [entry for entry in given if entry.get("property") != PROPERTY]
    rest = {key: value for key, value in document.items() if key != "customProperties"}
    moved = [_with(table, mine[-1]) if isinstance(table, dict) else table for table in tables]
    return {**rest, **({"customProperties": others} if others else {}), "schema": moved}


def _with(table: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    own = dicts(table.get("customProperties"))
    return table if PROPERTY in custom_properties(table) else {**table, "customProperties": [*own, entry]}


def moved(old: dict[str, Any], new: dict[str, Any], spot: Spot, found: list[Change]) -> Iterator[Change]:
    """A form that is said elsewhere, or otherwise, where no change is `found` that tells of it."""
    said = [_said(document) for document in (old, new)]
    before, after = ({name: value for name, value in one.items() if name in said[0] and name in said[1]}
                     for one in said)  # fmt: skip
    if before != after and not any(f"customProperties.{PROPERTY}" in change.place for change in found):
        yield spot.at("customProperties").at(PROPERTY).change("respelled", before, after)


def _said(document: dict[str, Any]) -> dict[str, Any]:
    """What the contract says itself, by an empty name, and each of its tables."""
    parts = {str(table.get("name")): table for table in dicts(document.get("schema"))}
    return {name: custom_properties(part).get(PROPERTY) for name, part in {**parts, "": document}.items()}


def form(old: Any, new: Any, spot: Spot, columns: set[str]) -> Iterator[Change]:
    """The form of deliveries of a table, whose `columns` are physical names. An unclear one is compared as text."""
    before, after = _form(old), _form(new)
    if repr(old) != repr(new) if before is None or after is None else before != after:
        wider = before is not None and after is not None and _wider(before, after, columns)
        yield spot.change("form-widened" if wider else "form-changed", old, new)


def _form(form: Any) -> Form | None:
    dataset = Dataset("", "", "", "", (), (), (), None, custom={PROPERTY: form})
    try:
        read = Form.said(dataset)
    except (AttributeError, Breach, TypeError, ValueError):
        return None
    nulls = tuple(sorted(set(read.null_values)))
    return replace(read, encoding=codecs.lookup(read.encoding).name, null_values=nulls, aliases=dict(read.aliases))


def _wider(old: Form, new: Form, columns: set[str]) -> bool:
    """Whether the new form only knows a header by more names, none of which means a column by itself."""
    added = {name.casefold() for name in new.aliases.keys() - old.aliases.keys()}
    return (
        replace(old, aliases=new.aliases, ignore_case=new.ignore_case) == new
        and old.aliases.items() <= new.aliases.items()
        and old.ignore_case <= new.ignore_case
        and not added & {name.casefold() for name in columns}
    )
