"""The lock of released versions, `contracts/contracts.lock`: what was promised does not change in place.

A line a version, `sha256 version day path`, sorted by path so that two branches that release merge. The hash is that of
the file with its line ends as line feeds: git may have made others of them.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from c360.contract.current import SEMVER
from c360.contract.document import Document
from c360.contract.findings import LintProblem
from c360.errors import Breach, CouldNotTell

LOCK = "contracts.lock"
UNRELEASED = ("draft", "proposed")

_LINE = re.compile(r"([0-9a-f]{64}) (\S{1,80}) (\d{4}-\d\d-\d\d) (\S.*)")
_LONGEST = 2_000_000
_HEAD = "# Released versions, which change no more (c360 lint). Written by: c360 release, c360 deprecate, c360 retire\n"


@dataclass(frozen=True)
class Locked:
    """A released version: the file's path below the contracts folder, and the day (UTC) of its release."""

    path: str
    version: str
    day: date
    digest: str


def released(document: dict[str, object]) -> bool:
    """Active or later; what has no status is active."""
    return str(document.get("status") or "active") not in UNRELEASED


def digest(content: bytes) -> str:
    """SHA-256 of a file's content."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def read_lock(folder: Path) -> dict[str, Locked]:
    """What was released, by path; nothing where there is no lock.

    Raises Breach for a line that is no entry, leads out of the folder, or names a file that another one named.
    """
    file = folder / LOCK
    if not file.exists():
        return {}
    found: dict[str, Locked] = {}
    for number, line in enumerate(_text(file).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        entry = _entry(line)
        if entry is None or entry.path in found:
            problem = "is no entry (sha256 version day path)" if entry is None else "names a file a second time"
            raise Breach(f"{file}:{number} {problem}.", f"Put the lock back: git checkout -- {file}")
        found[entry.path] = entry
    return found


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LONGEST + 1)
    except OSError as error:
        raise CouldNotTell(f"Cannot read {file}: {error.strerror}.", "Check the path.") from error
    if len(content) > _LONGEST:
        raise Breach(f"{file} is larger than {_LONGEST} bytes.", f"Put the lock back: git checkout -- {file}")
    return content.decode("utf-8", errors="replace")


def _entry(line: str) -> Locked | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    path = PurePosixPath(match[4])
    if path.is_absolute() or ".." in path.parts or "\\" in match[4] or not match[4].isprintable():
        return None
    try:
        return Locked(match[4], match[2], date.fromisoformat(match[3]), match[1])
    except ValueError:
        return None


def written(entries: Iterable[Locked]) -> str:
    """The text of a lock."""
    ordered = sorted(entries, key=lambda entry: entry.path)
    return _HEAD + "".join(f"{e.digest} {e.version} {e.day} {e.path}\n" for e in ordered)


def broken(folder: Path, documents: Mapping[Path, Document]) -> Iterator[tuple[Path, LintProblem]]:
    """Released versions that are not what they were, or were never locked; nothing in a folder without a lock.

    Raises Breach as `read_lock` does.
    """
    if not (folder / LOCK).exists():
        return
    lock = read_lock(folder)
    version = {file: document.data.get("version") for file, document in documents.items()}
    for entry in lock.values():
        file = folder / entry.path
        put_back = f"put it back: git checkout -- {file}"
        if not file.is_file():
            yield (
                file,
                LintProblem("released-changed", (), f"{entry.version}, released on {entry.day}, is gone; {put_back}"),
            )
        elif digest(file.read_bytes()) != entry.digest and not (
            file in documents and moved_on(file, str(documents[file].data.get("version")), entry)
        ):
            message = (
                f"{entry.version}, released on {entry.day}, has changed; {put_back}, and write the change into the "
                "next version (its end: c360 deprecate, c360 retire)"
            )
            yield file, LintProblem("released-changed", (), message)
    for file, document in documents.items():
        held = lock.get(file.relative_to(folder).as_posix()) if file.is_relative_to(folder) else None
        if released(document.data) and (held is None or moved_on(file, version[file], held)):
            message = f"it is released, and not locked; lock it: c360 release {file}"
            yield file, LintProblem("not-locked", ("status",), message)


def moved_on(file: Path, version: object, locked: Locked) -> bool:
    """Where all versions of a contract follow each other in one file, that file holds another one now. A file that is
    named after a version holds that one for good."""
    return str(version) != locked.version and not SEMVER.fullmatch(file.name.partition(".odcs")[0])
