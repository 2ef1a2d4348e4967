"""Files: what c360 and dbt wrote beside the database, searched for a person byte by byte.

All of it can be made again, so a file that holds a trace goes as a whole; in a log, which a server may be writing to,
the trace is overwritten.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from c360.errors import CouldNotTell
from c360.settings import Settings

_CHUNK = 1 << 20
_OVERLAP = 1 << 12
"""Bytes that are looked at once more, with what follows them."""


def _written(settings: Settings, apart: Path) -> Iterator[Path]:
    """Files below `$C360_HOME`, but for the folder `apart`, and what dbt writes beside its project by itself."""
    for base in (settings.home, settings.dbt_project / "target", settings.dbt_project / "logs"):
        for folder, folders, names in os.walk(base):
            here = Path(folder)
            folders[:] = [name for name in folders if here / name != apart]
            yield from (here / name for name in names if (here / name).is_file() and not (here / name).is_symlink())


def erase(settings: Settings, apart: Path, trace: re.Pattern[bytes], dry_run: bool) -> int:
    """Erase what is found, or only count it; returns how many files.

    Raises CouldNotTell for one that cannot be read or erased.
    """
    count = 0
    for path in _written(settings, apart):
        try:
            if _holds(path, trace):
                count += 1
                if not dry_run:
                    _erase(path, trace)
        except FileNotFoundError:  # another command made it anew
            continue
        except OSError as error:
            raise CouldNotTell(
                f"Cannot erase {path}: {error.strerror}; nobody was forgotten.", "Mend its rights, and run it again."
            ) from error
    return count


def _holds(path: Path, trace: re.Pattern[bytes]) -> bool:
    """Whether a trace stands in the file, or in its name."""
    if trace.search(os.fsencode(path.name)):
        return True
    with path.open("rb") as file:
        seen = b""
        while chunk := file.read(_CHUNK):
            if trace.search(seen + chunk):
                return True
            seen = chunk[-_OVERLAP:]
    return False


def _erase(path: Path, trace: re.Pattern[bytes]) -> None:
    """The file goes; of a log, what stands there of the person."""
    if path.suffix != ".log" or trace.search(os.fsencode(path.name)):
        path.unlink(missing_ok=True)
        return
    with path.open("r+b") as file:
        for found in trace.finditer(file.read()):
            file.seek(found.start())
            file.write(b"*" * len(found[0]))
