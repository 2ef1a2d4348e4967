"""The end of a version: the day that it announces, after which nothing runs by it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from c360.clause.promise import custom_properties
from c360.contract.document import dicts
from c360.errors import Breach
from c360.model import Contract


def sunset(document: dict[str, Any]) -> date | None:
    """The last day of the version, in UTC: custom property `sunset`, else SLA endOfLife, else endOfSupport."""
    levels = {str(s.get("property")).lower(): s.get("value") for s in dicts(document.get("slaProperties"))}
    custom = custom_properties(document)
    written = custom.get("sunset") or levels.get("endoflife") or levels.get("endofsupport")
    try:
        return date.fromisoformat(str(written)[:10])
    except ValueError:
        return None


def replacement_of(contract: Contract) -> str:
    """The contract and version to use instead, `customers 2.0.0`; empty where it names none."""
    named = str(contract.custom.get("replacement") or "").removeprefix(contract.name).strip()
    return f"{contract.name} {named}" if named else ""


def refuse_ended(contracts: Iterable[Contract], today: date) -> None:
    """Raises Breach for a version whose sunset has passed, naming what to use instead; `today` is in UTC.

    It is not left out in silence: whoever still reads it would find a table that nobody keeps.
    """
    for contract in contracts:
        ends = sunset(contract.document)
        if ends is not None and today > ends:
            replacement = replacement_of(contract)
            instead = f"use {replacement} instead" if replacement else "it names no replacement"
            raise Breach(
                f"{contract.label} ended on {ends}: {instead}.",
                f"c360 retire {contract.name}@{contract.version} && c360 generate",
            )
