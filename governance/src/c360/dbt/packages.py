"""The dbt packages that the report needs: where their copies are, how they are had, how dbt gets to see them.

dbt takes every folder of its packages folder for a package, whether packages.yml lists it or not. So a build links
what there is into a folder of its own; without Elementary it is the same project, with one package less.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from c360.errors import DISTRIBUTION, CouldNotTell
from c360.settings import Settings

REACHED_WITHIN = 1.5
"""Seconds that the hub has to answer; dbt itself would try again for ten and more."""
_FETCHED_WITHIN = 120


@dataclass(frozen=True)
class Package:
    """A dbt package: `name` is its folder's and dbt's, `hub` how the package hub calls it."""

    name: str
    hub: str
    version: str

    def copy(self, settings: Settings) -> Path:
        return settings.dbt_packages / self.name / self.version


def wanted() -> tuple[Package, ...]:
    """Elementary's package of the version of its command line, and what it builds on.

    Raises CouldNotTell when the command line is not installed.
    """
    try:
        version = metadata.version("elementary-data")
    except metadata.PackageNotFoundError as error:
        raise CouldNotTell(
            "elementary-data is not installed.", f"Run: pip install '{DISTRIBUTION}[elementary]'"
        ) from error
    return (
        Package("elementary", "elementary-data/elementary", version),
        Package("dbt_utils", "dbt-labs/dbt_utils", "1.3.3"),
    )


def cached(settings: Settings) -> dict[str, Path]:
    """The copies by name when all that is wanted is there, else nothing. Asks no network."""
    if not settings.file.elementary:
        return {}
    try:
        copies = {package.name: package.copy(settings) for package in wanted()}
    except CouldNotTell:
        return {}
    return copies if all((copy / "dbt_project.yml").is_file() for copy in copies.values()) else {}


def left_out(settings: Settings) -> str | None:
    """One sentence on what goes without Elementary and how to get it; None when nothing does."""
    if cached(settings):
        return None
    if not settings.file.elementary:
        return "Elementary is off (anomaly tests, its report): see [elementary] in c360.toml."
    return (
        "Elementary is left out (anomaly tests, its report): "
        f"its dbt packages are not in {settings.dbt_packages}. Get them: c360 deps"
    )


def link(folder: Path, packages: Mapping[str, Path]) -> Path:
    """Make `folder` hold these packages and nothing else, as links; returns it. What they lead to is not touched."""
    folder.mkdir(parents=True, exist_ok=True)
    for there in folder.iterdir():
        if there.is_symlink():
            if there.name not in packages or there.readlink() != packages[there.name]:
                there.unlink()
        else:  # a copy, where the system has no links
            shutil.rmtree(there)
    for name, path in packages.items():
        if not (folder / name).exists():
            try:
                (folder / name).symlink_to(path, target_is_directory=True)
            except FileExistsError:  # another run was quicker
                continue
            except OSError:
                shutil.copytree(path, folder / name)
    return folder


def local(project: Path) -> dict[str, Path]:
    """The packages that a dbt project's packages.yml names by path: name to folder."""
    import yaml

    listing = project / "packages.yml"
    listed = yaml.safe_load(listing.read_text(encoding="utf-8")) if listing.is_file() else None
    found = {}
    for entry in (listed or {}).get("packages") or []:
        if "local" in entry:
            path = (project / entry["local"]).resolve()
            named = yaml.safe_load((path / "dbt_project.yml").read_text(encoding="utf-8"))
            found[str(named["name"])] = path
    return found


def reachable(hub: str) -> bool:
    """Whether the hub answers, decided within REACHED_WITHIN, name look-up and proxy included."""
    answers: list[bool] = []

    def ask() -> None:
        try:
            url = hub.rstrip("/") + "/api/v1/elementary-data/elementary.json"
            with urllib.request.urlopen(url, timeout=REACHED_WITHIN) as answer:  # noqa: S310 - the setting
                answers.append(answer.status == 200)
        except (OSError, ValueError):
            answers.append(False)

    asking = threading.Thread(target=ask, daemon=True)  # a name look-up knows no timeout
    asking.start()
    asking.join(REACHED_WITHIN)
    return answers == [True]


def fetch(settings: Settings) -> None:
    """Run `dbt deps` in a scratch project, and keep a copy of what it brings. Raises CouldNotTell when it fails."""
    packages = wanted()
    with tempfile.TemporaryDirectory(prefix="c360-deps-") as scratch:
        folder = Path(scratch)
        (folder / "dbt_project.yml").write_text("name: deps\nversion: 1.0.0\nconfig-version: 2\n")
        lines = [f"  - package: {package.hub}\n    version: {package.version}\n" for package in packages]
        (folder / "packages.yml").write_text("packages:\n" + "".join(lines))
        command = [sys.executable, "-m", "dbt.cli.main", "deps", "--quiet", "--project-dir", scratch]
        env = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_LOG_PATH": scratch}
        try:
            done = subprocess.run(command, cwd=scratch, env=env, capture_output=True, timeout=_FETCHED_WITHIN)
        except subprocess.TimeoutExpired:
            done = None
        if done is None or done.returncode:
            raise CouldNotTell(f"dbt deps got no packages from {settings.package_hub}.", "Try again: c360 deps")
        for package in packages:
            _keep(folder / "dbt_packages" / package.name, package.copy(settings))


def _keep(fetched: Path, copy: Path) -> None:
    """Put a copy into the cache, whole or not at all; one that is there stays."""
    if copy.exists():
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=copy.parent, prefix=f".{copy.name}."))
    try:
        shutil.copytree(fetched, fresh / "package")
        (fresh / "package").rename(copy)
    except OSError as error:
        if not copy.exists():  # or else another run was quicker
            raise CouldNotTell(f"Cannot write {copy}: {error.strerror}.", "Check the folder's rights.") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
