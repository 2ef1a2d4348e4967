"""A new project: every file that it begins with."""

import json
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from c360 import project_file
from c360.errors import CouldNotTell

_PLACES = {"gitignore": ".gitignore", "workflow.yml": ".github/workflows/contracts.yml"}
"""Where a file goes that cannot lie here under its own name."""


def scaffold(folder: Path) -> list[Path]:
    """Write the files of a new project into `folder`, and give their paths.

    Raises CouldNotTell, and writes nothing, when one of them is there already.
    """
    texts = {folder / _PLACES.get(name, name): text for name, text in _files(files("c360.scaffold") / "project")}
    settings = folder / project_file.NAME
    texts[settings] = texts[settings].replace("__name__", _name(folder))
    there = [path for path in texts if path.exists() or path.is_symlink()]
    if there:
        raise CouldNotTell(f"{there[0]} is there already, and nothing is overwritten.", "Choose another: c360 init DIR")
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise CouldNotTell(f"Cannot write {error.filename}: {error.strerror}.", "Check the folder's rights.") from error
    return list(texts)


def _name(folder: Path) -> str:
    """The folder's name, as a text of TOML."""
    name = folder.resolve().name
    return json.dumps(name if name.strip() and name.isprintable() else "contracts", ensure_ascii=False)


def _files(folder: Traversable, below: str = "") -> Iterator[tuple[str, str]]:
    """Path and text of each file, by path."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files(entry, f"{below}{entry.name}/")
        else:
            yield f"{below}{entry.name}", entry.read_text(encoding="utf-8")
