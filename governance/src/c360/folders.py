"""Folders that are replaced as a whole, so that no half of a site is ever seen."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from c360.errors import CouldNotTell


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Gives a fresh folder beside `folder` to write into; when the block ends well, it takes that one's place.

    Raises CouldNotTell, and touches nothing, when `folder` holds files but no index.html: then it is not a site.
    """
    if folder.exists() and not (folder / "index.html").exists() and any(folder.iterdir()):
        raise CouldNotTell(f"{folder} holds other files.", "Choose an empty folder: --out DIR")
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        yield fresh
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _swap(fresh: Path, folder: Path) -> None:
    fresh.chmod(0o755)
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
