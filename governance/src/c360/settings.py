"""Where things are. The environment is read here and nowhere else."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from c360.errors import CouldNotTell

_DBT_PACKAGES = Path(".cache/customer360/dbt_packages")
_PACKAGE_HUB = "https://hub.getdbt.com/"


@dataclass(frozen=True)
class Settings:
    """Everything a stage needs to know about its surroundings; all paths are absolute."""

    root: Path
    """The folder that holds `contracts/`, `soda_checks/` and `dbt_package/`."""
    home: Path
    """`$C360_HOME`: database files, pages, logs. Two homes are two independent installations."""
    database_url: str | None
    """`$C360_DATABASE_URL`: a Postgres URL; None means the embedded server under `home`."""
    dbt_packages: Path = Path.home() / _DBT_PACKAGES
    """`$C360_DBT_PACKAGES`: where copies of dbt packages are kept, as `<name>/<version>`."""
    package_hub: str = _PACKAGE_HUB
    """`$DBT_PACKAGE_HUB_URL`, as dbt itself reads it: where dbt packages come from."""
    webhook_url: str | None = field(default=None, repr=False)
    """`$C360_WEBHOOK_URL`: where `c360 alert` posts to. Its path is a secret: it is never shown."""

    @property
    def contracts(self) -> Path:
        return self.root / "contracts"

    @property
    def dbt_project(self) -> Path:
        return self.root / "integration_tests"

    @property
    def site(self) -> Path:
        """The folder that `c360 publish` and `c360 report` write pages to."""
        return self.home / "site"


def load(env: Mapping[str, str] | None = None, cwd: Path | None = None, fallback: Path | None = None) -> Settings:
    """Read the settings; the root is `$C360_ROOT`, else the nearest folder upwards with `contracts/`, or `fallback`."""
    env = os.environ if env is None else env
    cwd = Path.cwd() if cwd is None else cwd
    root = Path(env["C360_ROOT"]).resolve() if env.get("C360_ROOT") else _find_root(cwd, fallback)
    home = Path(env.get("C360_HOME") or root / ".c360")
    home = home if home.is_absolute() else (cwd / home)
    cache = Path(env["XDG_CACHE_HOME"]) if env.get("XDG_CACHE_HOME") else Path.home() / ".cache"
    packages = env.get("C360_DBT_PACKAGES") or cache / _DBT_PACKAGES.relative_to(".cache")
    return Settings(
        root=root,
        home=home.resolve(),
        database_url=env.get("C360_DATABASE_URL") or None,
        dbt_packages=(cwd / packages).resolve(),
        package_hub=env.get("DBT_PACKAGE_HUB_URL") or _PACKAGE_HUB,
        webhook_url=env.get("C360_WEBHOOK_URL") or None,
    )


def _find_root(cwd: Path, fallback: Path | None) -> Path:
    for folder in (cwd, *cwd.parents):
        if (folder / "contracts").is_dir():
            return folder
    if fallback is not None:
        return fallback
    raise CouldNotTell(
        f"No folder named contracts/ in {cwd} or above it.",
        "Change into the project, or set C360_ROOT to the folder that holds contracts/.",
    )


def user_name() -> str:
    """The user of this computer; empty where it has no name, as in many containers."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
