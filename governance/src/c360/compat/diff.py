"""Compares two versions of a contract: every change, graded, and whether the version moved far enough."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from c360.compat.changes import Change, Diff, Spot, worst_first
from c360.compat.custom import custom_properties
from c360.compat.delivery import at_tables, moved
from c360.compat.grades import Step
from c360.compat.lifecycle import lifecycle
from c360.compat.pairing import Facets, by, element, order, paired
from c360.compat.sla import service_levels
from c360.compat.tables import tables
from c360.contract.current import precedence
from c360.contract.document import dicts
from c360.errors import CouldNotTell
from c360.model import Contract

_ADDRESS = frozenset({"host", "port"})
_WHERE = frozenset([
    "account", "bucket", "catalog", "database", "dataset", "delimiter", "endpointUrl", "format", "location", "path",
    "project", "region", "registry", "schema", "serviceName", "stagingDir", "topic", "type", "url", "warehouse",
])  # fmt: skip
_NOT_FOR_WORK = ("development", "dev", "local", "test")


def diff(old: Contract, new: Contract, levels: Iterable[str], today: date) -> Diff:
    """Every change from `old` to `new`. `levels` are the classifications from open to closed, `today` is in UTC.

    Raises Breach for a document in which a part has not the shape that it needs.
    """
    spot = Spot(levels=tuple(levels), layer=new.layer)
    try:
        changes = worst_first(_changes(old.document, new.document, spot, today))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:  # a text where a mapping belongs
        raise CouldNotTell(
            f"{old.path} or {new.path} does not have the shape of an ODCS contract ({type(error).__name__}).",
            f"See where: c360 lint {new.path}",
        ) from error
    return Diff(old, new, changes, step_between(old.version, new.version))


def _changes(old: dict[str, Any], new: dict[str, Any], spot: Spot, today: date) -> Iterator[Change]:
    yield from lifecycle(old, new, spot, today)
    found = list(element(at_tables(old), at_tables(new), spot, CONTRACT, frozenset({"status"})))
    yield from found
    yield from moved(old, new, spot, found)


def step_between(old: str, new: str) -> Step:
    """The step from one version to another; NONE when it stays or goes backwards, MAJOR out of a pre-release."""
    before, after = precedence(old), precedence(new)
    if after <= before:
        return Step.NONE
    moved = [step for step, a, b in zip(_STEPS, before[0], after[0], strict=False) if a != b]
    return moved[0] if moved else Step.MAJOR  # from a pre-release, which promised nothing


_STEPS = (Step.MAJOR, Step.MINOR, Step.PATCH)


def _version(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    before, after = str(old.get("version")), str(new.get("version"))
    lowered = precedence(after) < precedence(before)
    yield spot.at("version").change("version-lowered" if lowered else "version-raised", before, after)


def _id(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    yield spot.at("id").change("id-changed", old.get("id"), new.get("id"))


def _name(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    yield spot.at("name").change("contract-renamed", old.get("name"), new.get("name"))


def _servers(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    before, after = dicts(old.get("servers")), dicts(new.get("servers"))
    pairs = paired(before, after, by("server"), by("id"), _nameless)
    spot = spot.at("servers")
    for was, now in pairs:
        server = now or was
        inside = spot.at(server.get("server"))
        if was is None or now is None:
            yield inside.change("server-removed" if now is None else "server-added", was and was.get("type"),
                                now and now.get("type"))  # fmt: skip
        else:
            for_work = any(str(side.get("environment")).lower() not in _NOT_FOR_WORK for side in (was, now))
            moves = _WHERE | (_ADDRESS if for_work else frozenset())
            yield from element(was, now, inside, tuple(((key,), _moved(key)) for key in sorted(moves)))
    yield from order(pairs, before, spot)


def _nameless(server: dict[str, Any]) -> Any:
    return None if "server" in server else repr(server.get("type"))


def _moved(key: str) -> Any:
    return lambda old, new, spot: [spot.at(key).change("server-moved", old.get(key), new.get(key))]


def _description(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    before, after = (
        {"purpose": text} if isinstance(text := document.get("description"), str) else text or {}
        for document in (old, new)
    )
    terms = tuple(((key,), _term(key)) for key in ("usage", "limitations"))
    yield from element(before, after, spot.at("description"), terms)


def _term(key: str) -> Any:
    return lambda old, new, spot: [
        spot.at(key).change("terms-changed", old.get(key), new.get(key))
        for _ in range(str(old.get(key)).split() != str(new.get(key)).split())
    ]


def _owner(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    owners = [{key: document[key] for key in ("team", "support") if key in document} for document in (old, new)]
    yield from element(owners[0], owners[1], replace(spot, rest="owner-changed"), ())


CONTRACT: Facets = (
    (("version",), _version),
    (("id",), _id),
    (("name",), _name),
    (("schema",), tables),
    (("slaProperties", "slaDefaultElement"), service_levels),
    (("customProperties",), custom_properties),
    (("servers",), _servers),
    (("description",), _description),
    (("team", "support"), _owner),
    (("apiVersion",), lambda old, new, spot: ()),
)
