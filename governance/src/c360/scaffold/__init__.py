"""A new project: every file that it begins with."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from c360 import project_file
from c360.errors import CouldNotTell

_PLACES = {
    "gitignore": ".gitignore",
    "pre-commit.yaml": ".pre-commit-config.yaml",
    "workflow.yml": ".github/workflows/contracts.yml",
}
"""Where a file goes that cannot lie here under its own name."""
_DBT = "warehouse"
"""The folder here, and by default there, of the dbt project."""


@dataclass(frozen=True)
class Begun:
    """What became of a folder. Paths of `written` and `kept` are files, each below the folder."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    """They were there before, and nothing of them changed."""
    dbt_project: Path
    others: tuple[Path, ...]
    """Further dbt projects that were found, which are not used."""


def scaffold(folder: Path, example: bool = False) -> Begun:
    """Write the files of a new project into `folder`, but for those that are there; with `example`, a contract with
    its delivery and model too. Of dbt projects in the folder, the first is used, and no other is written.

    Raises CouldNotTell for what cannot be written, and for a c360.toml that is there and not valid.
    """
    settings = folder / project_file.NAME
    found = dbt_projects(folder)
    if settings.is_file():
        package = folder / project_file.read(folder).dbt_package
    else:
        package = found[0] if found else folder / _DBT
    own_dbt = not (package / "dbt_project.yml").exists()
    texts = {}
    for part in ("project", *(["example"] if example else [])):
        for name, text in _files(files("c360.scaffold") / part):
            inside = name.removeprefix(f"{_DBT}/")
            if inside == name:
                texts[folder / _PLACES.get(name, name)] = text
            elif own_dbt or part == "example":
                texts[package / inside] = text
    below = package.relative_to(folder).as_posix()
    texts[settings] = texts[settings].replace("__name__", _name(folder)).replace("__package__", json.dumps(below))
    kept = [path for path in texts if path.exists() or path.is_symlink()]
    written = [path for path in texts if path not in kept]
    try:
        for path in written:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(texts[path])
    except OSError as error:
        raise CouldNotTell(f"Cannot write {error.filename}: {error.strerror}.", "Check the folder's rights.") from error
    return Begun(tuple(written), tuple(kept), package, tuple(path for path in found if path != package))


def dbt_projects(folder: Path) -> list[Path]:
    """Folders with a dbt project: this one, or up to two levels below it; packages that dbt installed are none."""
    found = [path.parent for depth in ("", "*/", "*/*/") for path in sorted(folder.glob(f"{depth}dbt_project.yml"))]
    hidden = ("dbt_packages", "dbt_modules")
    return [
        path
        for path in found
        if not any(part in hidden or part.startswith(".") for part in path.relative_to(folder).parts)
    ]


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
