"""Where things are, and what holds there. The environment is read here and nowhere else; c360.toml in project_file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from c360 import project_file
from c360.errors import CouldNotTell
from c360.project_file import ProjectFile

_DBT_PACKAGES = Path(".cache/customer360/dbt_packages")
_CHANNEL = "C360_WEBHOOK_URL_"
_PACKAGE_HUB = "https://hub.getdbt.com/"


@dataclass(frozen=True)
class Settings:
    """Everything a stage needs to know about its surroundings; all paths are absolute."""

    root: Path
    """The folder that holds `c360.toml`, and all that it names."""
    home: Path
    """`$C360_HOME`: database files, pages, logs. Two homes are two independent installations."""
    database_url: str | None = field(repr=False)
    """`$C360_DATABASE_URL`: a Postgres URL, which may hold a password; None means the embedded server under `home`."""
    dbt_packages: Path = Path.home() / _DBT_PACKAGES
    """`$C360_DBT_PACKAGES`: where copies of dbt packages are kept, as `<name>/<version>`."""
    package_hub: str = _PACKAGE_HUB
    """`$DBT_PACKAGE_HUB_URL`, as dbt itself reads it: where dbt packages come from."""
    webhook_url: str | None = field(default=None, repr=False)
    """`$C360_WEBHOOK_URL`: where `c360 alert` posts to. Its path is a secret: it is never shown."""
    channel_urls: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)
    """`$C360_WEBHOOK_URL_<CHANNEL>`: by channel in capitals, such as CRM_PLATFORM for #crm-platform. Secrets too."""
    pages_url: str | None = None
    """`$C360_PAGES_URL`: where people read what `$C360_HOME/site` holds; alerts link there."""

    openmetadata_url: str | None = None
    """`$C360_OPENMETADATA_URL`: the address of the catalogue, as its pages have it."""
    openmetadata_token: str | None = field(default=None, repr=False)
    """`$C360_OPENMETADATA_TOKEN`: it is never shown."""
    openmetadata_token_file: Path | None = None
    """`$C360_OPENMETADATA_TOKEN_FILE`: holds the token where the environment does not."""

    engine_here: str | None = None
    """`$C360_ENGINE`: the engine of the gate in the place of that in `c360.toml`."""
    file: ProjectFile = field(default_factory=ProjectFile)
    """What `c360.toml` says."""

    @property
    def name(self) -> str:
        """What people call the project: on pages, and above an alert."""
        return self.file.name or self.root.name

    @property
    def engine(self) -> str:
        """Where deliveries go: postgres, spark, or server, which is where each contract says."""
        return self.engine_here or self.file.engine

    @property
    def contracts(self) -> Path:
        return self.root / self.file.contracts

    @property
    def dbt_package(self) -> Path:
        """The package that dbt files are generated for."""
        return self.root / self.file.dbt_package

    @property
    def dbt_project(self) -> Path:
        """Where dbt runs."""
        return self.root / self.file.dbt_project

    @property
    def classifications(self) -> Path | None:
        """The file with the ordered list of classifications; None is the one that comes with the toolkit."""
        return self.root / self.file.classifications if self.file.classifications else None

    @property
    def policies(self) -> Path:
        """The folder of partners' policies."""
        return self.root / self.file.policies

    @property
    def strict(self) -> bool:
        """Whether a breach of a strict rule of lint is an error, and no warning."""
        return self.file.strict

    @property
    def lint_off(self) -> Mapping[str, str]:
        """By name the rules of lint that do not hold here, and why."""
        return self.file.lint_off

    @property
    def site(self) -> Path:
        """The folder that `c360 publish` and `c360 report` write pages to."""
        return self.home / "site"


def load(env: Mapping[str, str] | None = None, cwd: Path | None = None, fallback: Path | None = None) -> Settings:
    """Read the settings; the root is `$C360_ROOT`, else the nearest folder upwards with `c360.toml`, or `fallback`.

    Raises CouldNotTell when there is none, and for a `c360.toml` that is not sound.
    """
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
        channel_urls={
            name.removeprefix(_CHANNEL): url for name, url in env.items() if name.startswith(_CHANNEL) and url
        },
        pages_url=env.get("C360_PAGES_URL") or None,
        openmetadata_url=env.get("C360_OPENMETADATA_URL") or None,
        openmetadata_token=env.get("C360_OPENMETADATA_TOKEN") or None,
        openmetadata_token_file=cwd / token_file if (token_file := env.get("C360_OPENMETADATA_TOKEN_FILE")) else None,
        engine_here=_engine(env),
        file=project_file.read(root),
    )


def _engine(env: Mapping[str, str]) -> str | None:
    named = env.get("C360_ENGINE") or None
    if named not in (None, *project_file.ENGINES):
        raise CouldNotTell(f"C360_ENGINE is {named!r}.", f"Set it to one of {', '.join(project_file.ENGINES)}.")
    return named


def of_contracts(settings: Settings, contracts: Path) -> Settings:
    """The same surroundings under the rules of the project that a file or folder of contracts lies in: the nearest
    `c360.toml` at or above it, else what holds by default."""
    contracts = contracts.resolve()
    folder = contracts if contracts.is_dir() else contracts.parent
    root = next((each for each in (folder, *folder.parents) if (each / project_file.NAME).is_file()), None)
    if root == settings.root:
        return settings
    return replace(settings, root=root or folder.parent, file=project_file.read(root) if root else ProjectFile())


def _find_root(cwd: Path, fallback: Path | None) -> Path:
    for folder in (cwd, *cwd.parents):
        if (folder / project_file.NAME).is_file():
            return folder
    if fallback is not None:
        return fallback
    raise CouldNotTell(
        f"There is no {project_file.NAME} in {cwd} or above it, so this is no project of c360.",
        "Change into one, set C360_ROOT to its folder, or begin one: c360 init",
    )


def user_name() -> str:
    """The user of this computer; empty where it has no name, as in many containers."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
