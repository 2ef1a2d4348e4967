"""Files and folders that are replaced as a whole, so that no half of one is ever seen."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from c360.errors import CouldNotTell


def require_place(folder: Path) -> None:
    """Make the folders above `folder`. Raises CouldNotTell where nothing can be written beside it."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder.parent).close()
    except OSError as error:
        raise CouldNotTell(
            f"Cannot write {folder}: {error.strerror}.", "Choose a folder of your own: --out DIR"
        ) from error


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Gives a fresh folder beside `folder` to write into; when the block ends well, it takes that one's place.

    Raises CouldNotTell, and touches nothing, when `folder` holds files but no index.html: then it is not a site.
    """
    if folder.exists() and not (folder / "index.html").exists() and any(folder.iterdir()):
        raise CouldNotTell(f"{folder} holds other files.", "Choose an empty folder: --out DIR")
    require_place(folder)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        yield fresh
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def replace_file(file: Path, text: str) -> None:
    """Write a text, UTF-8 with line feeds, into a file beside it that then takes its place. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _swap(fresh: Path, folder: Path) -> None:
    fresh.chmod(0o755)
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
