"""Writes a plan to a folder, or finds how the folder differs from it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from c360.errors import CouldNotTell
from c360.folders import replace_file

_MARK = re.compile(r"^(?:# |\{#-? ?)Generated from ")


@dataclass(frozen=True)
class Drift:
    """How a folder differs from the plan: paths below the root, sorted."""

    stale: tuple[str, ...]
    missing: tuple[str, ...]
    orphaned: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.stale or self.missing or self.orphaned)


def check(plan: dict[str, str], root: Path, folders: Iterable[str]) -> Drift:
    """Compare without writing. An orphan lies in one of the `folders`, says in its first line that it was generated,
    and no contract asks for it."""
    stale, missing = [], []
    for path, text in plan.items():
        file = root / path
        if not file.is_file():
            missing.append(path)
        elif file.read_bytes() != text.encode():
            stale.append(path)
    return Drift(tuple(sorted(stale)), tuple(sorted(missing)), tuple(sorted(_orphans(plan, root, folders))))


def write(plan: dict[str, str], root: Path, folders: Iterable[str]) -> Drift:
    """Make the folder equal the plan, file by file and each one atomically; returns what had differed."""
    drift = check(plan, root, folders)
    try:
        for path in (*drift.stale, *drift.missing):
            replace_file(root / path, plan[path])
        for path in drift.orphaned:
            (root / path).unlink()
    except OSError as error:
        raise CouldNotTell(f"Cannot write {error.filename}: {error.strerror}.", "Check the folder's rights.") from error
    return drift


def _orphans(plan: dict[str, str], root: Path, folders: Iterable[str]) -> list[str]:
    found = []
    for folder in folders:
        for file in sorted((root / folder).glob("*")):
            path = f"{folder}/{file.name}"
            if path in plan or not file.is_file():
                continue
            with file.open(encoding="utf-8", errors="replace") as opened:
                if _MARK.match(opened.readline()):
                    found.append(path)
    return found
