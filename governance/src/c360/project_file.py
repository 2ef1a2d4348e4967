"""`c360.toml`, at the root of a project: its marker, and its settings."""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from c360.errors import CouldNotTell

NAME = "c360.toml"
_REMEDY = "Mend it, then: c360 lint"
ENGINES = ("postgres", "spark", "server")


@dataclass(frozen=True)
class ProjectFile:
    """What the file says, or what holds when it is silent. Paths are below the root, with `/` on every machine."""

    name: str | None = None
    """What people call the project; None is the name of its folder."""
    contracts: str = "contracts"
    classifications: str | None = None
    """The ordered list of classifications; None is the one that comes with the toolkit."""
    raw_schema: str = "raw"
    """The schema of a dataset whose contract names none."""
    engine: str = "postgres"
    """Where deliveries go: postgres or spark; server: where the first server of each contract says."""
    dbt_package: str = "dbt_package"
    """The package that dbt files are generated for."""
    dbt_project: str = "dbt_package"
    """Where dbt runs; by default the package itself."""
    soda_checks: str = "soda_checks"
    soda: bool = True
    """Whether Soda scans deliveries, and checks are generated for it; else the gate measures by itself."""
    statement_timeout: int = 60
    """Seconds after which a statement that SQL or a pattern of a contract runs in is ended."""
    temp_file_limit: int = 2048
    """Megabytes of temporary files that one such statement may write."""
    elementary: bool = False
    catalog_name: str = "Contracts"
    """What the classification and the glossary in the catalogue are called, and what all else of ours begins with."""
    catalog_service: str = "postgres"
    """The database service in the catalogue that holds the tables."""
    policies: str = "policies/partners"
    """The folder of what partners get, a file a partner and product."""
    server: str | None = None
    """Where partners find their views, as host:port/database."""
    strict: bool = False
    """Whether a breach of a strict rule of lint is an error, and no warning."""
    lint_off: Mapping[str, str] = field(default_factory=dict, hash=False)
    """By name the rules of lint that do not hold here, and why."""


def read(root: Path) -> ProjectFile:
    """The settings of the project at `root`; without a file, all that holds by default.

    Raises CouldNotTell for a file that is no TOML, for a setting that is not known, and for a value of another type.
    """
    path = root / NAME
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ProjectFile()
    except OSError as error:
        raise CouldNotTell(f"Cannot read {path}: {error.strerror}.", "Check the file's rights.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CouldNotTell(f"{path} is no TOML: {error}.", _REMEDY) from None
    given = _flat(path, data)
    if "dbt_package" in given:
        given.setdefault("dbt_project", given["dbt_package"])
    return ProjectFile(**given)


def _flat(path: Path, data: dict[str, Any]) -> dict[str, Any]:
    """The values by the names of ProjectFile."""
    found = {}
    for key, value in _entries(path, data):
        if key not in _SETTINGS:
            near = difflib.get_close_matches(key, _SETTINGS, n=1)
            meant = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(_SETTINGS)}."
            raise CouldNotTell(f"{path} has a setting {key!r}, which c360 does not know.", meant)
        name, kind, fits = _SETTINGS[key]
        if not fits(value):
            raise CouldNotTell(f"{path}: {key} is {kind}, not {value!r}.", _REMEDY)
        found[name] = value
    return found


def _entries(path: Path, data: dict[str, Any]) -> list[tuple[str, Any]]:
    entries: list[tuple[str, Any]] = []
    for key, value in data.items():
        if key not in _TABLES:
            entries.append((key, value))
        elif isinstance(value, dict):
            entries += [(f"{key}.{inner}", setting) for inner, setting in value.items()]
        else:
            raise CouldNotTell(f"{path}: {key} is a table, not {value!r}.", f"Write it as [{key}].")
    return entries


def _is_below(value: Any) -> bool:
    """A path that stays below the root on every machine: what is generated is written there, and deleted."""
    if not isinstance(value, str) or not value or "\\" in value or not value.isprintable():
        return False
    path = PurePosixPath(value)
    return not path.is_absolute() and ".." not in path.parts and ":" not in value and bool(path.parts)


def _is_root_or_below(value: Any) -> bool:
    return value == "." or _is_below(value)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def _is_word(value: Any) -> bool:
    """A name that needs no quotes in the catalogue."""
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", value) is not None


def _is_engine(value: Any) -> bool:
    return value in ENGINES


def _is_server(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9._-]+:\d{1,5}/[A-Za-z0-9_.-]+", value) is not None


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return type(value) is int and 1 <= value <= 2_000_000


def _are_reasons(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_name(reason) for reason in value.values())


_PATH = "a path below the project's root"
_ROOT_OR_PATH = f"{_PATH}, or . for the root itself"
_FLAG = "true or false"
_COUNT = "a whole number from 1 to 2000000"
_WORD = "a word of letters, digits, - and _"
_SETTINGS: dict[str, tuple[str, str, Callable[[Any], bool]]] = {
    "name": ("name", "a name", _is_name),
    "contracts": ("contracts", _PATH, _is_below),
    "classifications": ("classifications", _PATH, _is_below),
    "raw_schema": ("raw_schema", "a name", _is_name),
    "engine": ("engine", "postgres, spark or server", _is_engine),
    "dbt.package": ("dbt_package", _ROOT_OR_PATH, _is_root_or_below),
    "dbt.project": ("dbt_project", _ROOT_OR_PATH, _is_root_or_below),
    "soda.enabled": ("soda", _FLAG, _is_flag),
    "soda.checks": ("soda_checks", _PATH, _is_below),
    "database.statement_timeout": ("statement_timeout", f"{_COUNT} (seconds)", _is_count),
    "database.temp_file_limit": ("temp_file_limit", f"{_COUNT} (megabytes)", _is_count),
    "elementary.enabled": ("elementary", _FLAG, _is_flag),
    "catalog.name": ("catalog_name", _WORD, _is_word),
    "catalog.service": ("catalog_service", _WORD, _is_word),
    "sharing.policies": ("policies", _PATH, _is_below),
    "sharing.server": ("server", "a server as host:port/database", _is_server),
    "lint.strict": ("strict", _FLAG, _is_flag),
    "lint.off": ("lint_off", "a table of rules with the reason of each", _are_reasons),
}
"""By its name in the file: the name here, what it is in words, and whether a value is one."""
_TABLES = {key.partition(".")[0] for key in _SETTINGS if "." in key}
