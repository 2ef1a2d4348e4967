"""Files: what c360 and dbt wrote beside the database, searched for a person byte by byte, unpacked where it is packed.

All of it can be made again, so a file that holds a trace goes as a whole, and of a bundle for a partner everything that
its signature is about; in a log, which a server may be writing to, the trace is overwritten.
"""

import os
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from c360.delivery.opened import MAGIC, Damaged, Opened
from c360.errors import CouldNotTell
from c360.settings import Settings
from c360.share.bundle import signed_with

_OVERLAP = 1 << 12
"""Bytes that are looked at once more, with what follows them."""
_PARQUET = b"PAR1"


def _written(settings: Settings, apart: Path) -> Iterator[Path]:
    """Files below `$C360_HOME`, but for the folder `apart`, and what dbt writes beside its project by itself."""
    for base in (settings.home, settings.dbt_project / "target", settings.dbt_project / "logs"):
        for folder, folders, names in os.walk(base):
            here = Path(folder)
            folders[:] = [name for name in folders if here / name != apart]
            yield from (here / name for name in names if (here / name).is_file() and not (here / name).is_symlink())


def erase(settings: Settings, apart: Path, trace: re.Pattern[bytes], dry_run: bool) -> int:
    """Erase what is found, or only count it; returns how many files.

    Raises CouldNotTell for one that cannot be read, unpacked or erased.
    """
    found: set[Path] = set()
    for path in _written(settings, apart):
        with _plainly(path):
            if path not in found and _holds(path, trace):
                found |= {path, *signed_with(path)}
    for path in () if dry_run else found:
        with _plainly(path):
            _erase(path, trace)
    return len(found)


@contextmanager
def _plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:  # another command made it anew
        return
    except OSError as error:
        raise CouldNotTell(
            f"Cannot erase {path}: {error.strerror}; nobody was forgotten.", "Mend its rights, and run it again."
        ) from error
    except (Damaged, ValueError) as error:
        raise CouldNotTell(
            f"Nobody can tell whom {path} holds: it is damaged; nobody was forgotten.", f"Delete it: rm {path}"
        ) from error


def _holds(path: Path, trace: re.Pattern[bytes]) -> bool:
    """Whether a trace stands in the file, or in its name."""
    if trace.search(os.fsencode(path.name)):
        return True
    with closing(Opened(path, lambda read: None)) as file:
        magic = file.peek()[:4]
        if _is_in(file.unpacked("none"), trace):
            return True
    packed = next((how for start, how in MAGIC.items() if magic.startswith(start)), None)
    if packed:
        with closing(Opened(path, lambda read: None)) as file:
            return _is_in(file.unpacked(packed), trace)
    return magic == _PARQUET and _is_in(_cells(path), trace)


def _is_in(blocks: Iterator[bytes], trace: re.Pattern[bytes]) -> bool:
    seen = b""
    for block in blocks:
        if trace.search(seen + block):
            return True
        seen = block[-_OVERLAP:]
    return False


def _cells(path: Path) -> Iterator[bytes]:
    """The values of a Parquet file as text, column by column."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches():
            for column in batch.columns:
                yield "\n".join(map(str, column.to_pylist())).encode("utf-8", errors="replace") + b"\n"


def _erase(path: Path, trace: re.Pattern[bytes]) -> None:
    """The file goes; of a log, what stands there of the person."""
    if path.suffix != ".log" or trace.search(os.fsencode(path.name)):
        path.unlink(missing_ok=True)
        return
    with path.open("r+b") as file:
        for found in trace.finditer(file.read()):
            file.seek(found.start())
            file.write(b"*" * len(found[0]))
