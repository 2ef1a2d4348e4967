"""Contracts as they stood at a commit: read out of git's objects, with nothing checked out."""

import os
import subprocess
from pathlib import Path

from c360.errors import CouldNotTell
from c360.printable import shown

_FILE = "100"
"""How the modes of files begin; links and submodules have others."""


def files_at(base: str, folder: Path) -> dict[Path, str]:
    """The YAML files below `folder` as they stood where the work of now left `base`: text by today's path.

    A clone without that history compares with `base` itself.

    Raises:
        CouldNotTell: there is no git, no repository around the folder, or no such commit; says what to fetch.
    """
    folder = folder.resolve()
    root = Path(_git(folder, "rev-parse", "--show-toplevel").strip()).resolve()
    commit = _commit(base, folder)
    listed = _git(folder, "ls-tree", "-r", "-z", "--full-tree", commit, "--", folder.relative_to(root).as_posix())
    found = {}
    for entry in filter(None, listed.split("\0")):
        about, _, name = entry.partition("\t")
        mode, _, blob = about.split(" ")
        if mode.startswith(_FILE) and name.endswith((".yaml", ".yml")):
            found[root / name] = _git(folder, "cat-file", "blob", blob)
    return found


def _commit(base: str, folder: Path) -> str:
    """The commit at which the work of now left `base`. The text can be no option and no path, only a commit's name."""
    named = _try(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    if named is None:
        shallow = _git(folder, "rev-parse", "--is-shallow-repository").strip() == "true"
        branch = base.removeprefix("origin/")
        why = "this clone is shallow and holds no such commit" if shallow else "there is no such commit"
        depth = "--depth=1 " if shallow else ""
        raise CouldNotTell(
            f"Cannot compare with {shown(base)}: {why}.",
            f"Fetch it: git fetch {depth}origin {shown(branch)[1:-1]}, then: c360 compat --base FETCH_HEAD",
        )
    return (_try(folder, "merge-base", named.strip(), "HEAD") or named).strip()


def _git(folder: Path, *arguments: str) -> str:
    told = _try(folder, *arguments)
    if told is None:
        raise CouldNotTell(f"{folder} is in no git repository that can be read.", "Leave --base out, or clone it.")
    return told


def _try(folder: Path, *arguments: str) -> str | None:
    """What git prints, None when it fails. It asks nobody, fetches nothing and takes paths as they are."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}  # those of a hook
    env |= {"GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1", "GIT_NO_LAZY_FETCH": "1"}
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, env=env, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise CouldNotTell("There is no git here.", "Install git, or leave --base out.") from error
    return done.stdout.decode("utf-8", errors="replace") if done.returncode == 0 else None
