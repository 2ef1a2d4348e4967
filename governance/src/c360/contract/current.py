"""Which version of a contract counts: the one rule of it, for whatever is read of contracts."""

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)
"""As semver.org has it, version 2.0.0."""
_UNFINISHED = ("draft", "proposed")


def name_of(document: dict[str, Any], otherwise: str = "") -> str:
    """The name of a contract; where it has none, the last part of its id."""
    return str(document.get("name") or re.split(r"[:/]", str(document.get("id", otherwise)))[-1])


def current(items: Iterable[T], document_of: Callable[[T], dict[str, Any]]) -> list[T]:
    """Of each contract the highest version that is not draft, proposed or retired; else the highest draft.

    A contract that is retired altogether has none.
    """
    best: dict[str, T] = {}
    for item in items:
        document = document_of(item)
        if document.get("status") == "retired":
            continue
        name = name_of(document)
        if name not in best or _rank(document) > _rank(document_of(best[name])):
            best[name] = item
    return list(best.values())


def _rank(document: dict[str, Any]) -> tuple[Any, ...]:
    return str(document.get("status", "active")) not in _UNFINISHED, precedence(str(document.get("version", "")))


def precedence(version: str) -> tuple[Any, ...]:
    """What to compare versions by: as semver.org has it, and by their numbers where they are written otherwise."""
    main, _, before = version.partition("+")[0].partition("-") if SEMVER.fullmatch(version) else (version, "", "")
    numbers = tuple(int(number[:18]) for number in re.findall(r"\d+", main))
    identifiers = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in before.split(".")]
    return numbers, not before, tuple(identifiers)
