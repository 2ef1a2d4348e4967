"""Who uses which columns of which versions: `contracts/consumers/<name>.yaml`, written by consumers themselves."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from c360.contract.document import parse, read_document
from c360.errors import Breach
from c360.model import Contract
from c360.printable import shown

FOLDER = "consumers"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_PART = re.compile(r"(>=|<=|>|<|=)?\s*(\d{1,9})(?:\.(\d{1,9}|[x*]))?(?:\.(\d{1,9}|[x*]))?")
_LONGEST = 200

Version = tuple[int, ...]


@dataclass(frozen=True)
class Agreement:
    """A consumer's word on a version: acknowledged on a day, or a waiver until one."""

    version: str
    by: str
    day: date


@dataclass(frozen=True)
class Consumer:
    """One user of one contract. Without columns it uses all of them; a column is `dataset.column`, or its name."""

    path: Path
    name: str
    contact: str
    contract: str
    versions: str
    columns: tuple[str, ...] = ()
    acknowledged: tuple[Agreement, ...] = ()
    waivers: tuple[Agreement, ...] = ()

    def uses_version(self, version: str) -> bool:
        return in_range(version, self.versions)

    def uses(self, dataset: str, column: str) -> bool:
        """Whether it uses a column, or anything of a table or contract where these are empty."""
        if not self.columns or not dataset:
            return True
        if not column:
            return any("." not in used or used.startswith(f"{dataset}.") for used in self.columns)
        steps = column.split(".")  # a part of a column reaches who uses the column
        around = {".".join(steps[:n]) for n in range(1, len(steps) + 1)}
        return not around.isdisjoint({used.removeprefix(f"{dataset}.") for used in self.columns})


def consumers(folder: Path, contracts: Iterable[Contract]) -> list[Consumer]:
    """The consumers of a contracts folder, by file name.

    Raises Breach for a file that is not sound; says the line, and what to write.
    """
    known = list(contracts)
    return [_consumer(path, known) for path in sorted((folder / FOLDER).glob("*.yaml"))]


def in_range(version: str, versions: str) -> bool:
    """Whether a version lies in a range: `1.x`, `1.2.x`, `1.2.0`, or `>=1.0.0 <3` (all of its parts hold)."""
    found = _numbers(version)
    return all(_holds(found, part) for part in _parts(versions))


def _parts(versions: str) -> list[re.Match[str]]:
    """Raises ValueError for what is no range."""
    words = re.split(r"\s*,\s*|\s+", re.sub(r"([<>=])\s+", r"\1", versions.strip()))
    parts = [_PART.fullmatch(word) for word in words]
    if not all(parts):
        raise ValueError(versions)
    return [part for part in parts if part]


def _holds(version: Version, part: re.Match[str]) -> bool:
    operator, *written = part.groups()
    given = tuple(int(n) for n in written if n is not None and n.isdigit())
    same = version[: len(given)]
    holds: dict[str, Callable[[], bool]] = {
        ">=": lambda: same >= given, "<=": lambda: same <= given, ">": lambda: same > given, "<": lambda: same < given,
    }  # fmt: skip
    return holds.get(operator or "=", lambda: same == given)()


def _numbers(version: str) -> Version:
    return tuple(int(n) for n in re.findall(r"\d{1,18}", version.partition("+")[0].partition("-")[0])[:3])


def _consumer(path: Path, contracts: list[Contract]) -> Consumer:
    document = read_document(path)
    allowed = ("name", "contact", "contract", "versions", "columns", "acknowledged", "waivers", "description")
    for key in document:
        if key not in allowed:
            raise _wrong(path, (key,), f"{shown(key)} means nothing here", f"Write one of {', '.join(allowed)}.")
    name, contact = _text(path, document, "name"), _text(path, document, "contact")
    contract, versions = _text(path, document, "contract"), _text(path, document, "versions")
    if not _NAME.fullmatch(name) or name != path.stem:
        raise _wrong(path, ("name",), f"the name {shown(name)} is not that of the file, in a-z, 0-9, - and _",
                     f"Write name: {shown(path.stem)[1:-1]}, or rename the file.")  # fmt: skip
    try:
        _parts(versions)
    except ValueError as error:
        raise _wrong(path, ("versions",), f"{shown(versions)} is no range of versions",
                     'Write versions: 1.x, or ">=1.0.0 <3.0.0".') from error  # fmt: skip
    named = [c for c in contracts if contract in (c.name, c.id)]
    if not named:
        there = ", ".join(sorted({shown(c.name) for c in contracts})) or "none"
        raise _wrong(path, ("contract",), f"there is no contract {shown(contract)}", f"There are: {there}.")
    columns = _columns(path, document, [c for c in named if in_range(c.version, versions)])
    return Consumer(
        path, name, contact, named[0].name, versions, columns,
        _settled(path, document, "acknowledged", "date"), _settled(path, document, "waivers", "until"),
    )  # fmt: skip


def _text(path: Path, document: dict[str, Any], key: str, place: tuple[str | int, ...] = ()) -> str:
    value = document.get(key)
    text = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if not text or len(text) > _LONGEST:
        raise _wrong(path, (*place, key), f"{key} is missing, or no short text", f"Write {key}: ….")
    return text


def _columns(path: Path, document: dict[str, Any], contracts: list[Contract]) -> tuple[str, ...]:
    written = document.get("columns")
    if written is not None and (not isinstance(written, list) or not all(isinstance(c, str) for c in written)):
        raise _wrong(path, ("columns",), "columns is no list of names", "Write columns: [id, age].")
    pairs = {(d.name, c.name) for contract in contracts for d in contract.datasets for c in d.columns}
    there = {column for _, column in pairs} | {f"{dataset}.{column}" for dataset, column in pairs}
    for k, column in enumerate(written or []):
        if contracts and column not in there:
            raise _wrong(path, ("columns", k), f"no version that it uses has a column {shown(column)}",
                         "Name columns of the contract, and versions that have them.")  # fmt: skip
    return tuple(written or ())


def _settled(path: Path, document: dict[str, Any], key: str, day: str) -> tuple[Agreement, ...]:
    written = document.get(key) or []
    example = f"Write {key}: [{{version: 2.0.0, by: somebody, {day}: 2026-01-31}}]."
    if not isinstance(written, list) or not all(isinstance(entry, dict) for entry in written):
        raise _wrong(path, (key,), f"{key} is no list of mappings", example)
    found = []
    for k, entry in enumerate(written):
        place = (key, k)
        try:
            on = date.fromisoformat(_text(path, entry, day, place))
        except ValueError as error:
            raise _wrong(path, (*place, day), f"{day} is no day", example) from error
        found.append(Agreement(_text(path, entry, "version", place), _text(path, entry, "by", place), on))
    return tuple(found)


def _wrong(path: Path, place: tuple[str | int, ...], what: str, remedy: str) -> Breach:
    return Breach(f"{path}:{parse(path).line(place)}: {what}.", remedy)
