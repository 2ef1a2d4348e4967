"""What does not fit between this project and the catalogue: each thing that a push needs, looked at by itself."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from c360.catalogue import access
from c360.catalogue.entities import Names, qualified
from c360.catalogue.server import VERSION, Server, fits
from c360.catalogue.values import Ref
from c360.errors import CouldNotTell
from c360.settings import Settings

ENVIRONMENT = ".venv-catalog"
INGEST = (
    'Bring the tables: eval "$(c360 catalog env)" && '
    ".venv-catalog/bin/metadata ingest -c governance/openmetadata/postgres.yaml"
)
"""What to type where tables are missing."""
_OURS = (
    "team", "domain", "dataProduct", "classification", "glossary", "tag", "glossaryTerm", "testDefinition", "testCase",
    "dataContract",
)  # fmt: skip
NEEDED = {"Create": _OURS, "EditAll": (*_OURS, "table"), "Delete": _OURS[5:], "ViewAll": ("table",)}
"""The least that the token's bot must be allowed: by operation, the resources. A new bot is allowed nothing."""
_CLIENT = re.compile(r"openmetadata_ingestion-(.+)\.dist-info")


@dataclass(frozen=True)
class DoctorCheck:
    """One thing that was looked at: `fits`, `differs`, or `unknown` as long as something before it does not fit."""

    what: str
    state: str
    found: str
    remedy: str = ""


def run_checks(settings: Settings, names: Names, tables: set[Ref]) -> Iterator[DoctorCheck]:
    """The client for ingestion, the address, the server, the token and its rights, the service, the tables."""
    yield _client(settings.root / ENVIRONMENT)
    try:
        server = access.server(settings)
    except CouldNotTell as error:
        yield DoctorCheck("access", "differs", error.message, error.remedy)
        return
    with server:
        yield from _server(server, names, tables)


def _server(server: Server, names: Names, tables: set[Ref]) -> Iterator[DoctorCheck]:
    steps: tuple[tuple[str, Callable[[], DoctorCheck]], ...] = (
        ("server", lambda: _version(server)),
        ("token", lambda: _whose(server)),
        ("rights", lambda: _rights(server)),
        ("service", lambda: _service(server, names)),
        ("tables", lambda: _tables(server, names, tables)),
    )
    broken = False
    for what, run in steps:
        if broken:
            yield DoctorCheck(what, "unknown", "")
            continue
        try:
            check = run()
        except CouldNotTell as error:
            check = DoctorCheck(what, "differs", error.message, error.remedy)
        yield check
        broken = check.state != "fits"


def _version(server: Server) -> DoctorCheck:
    found = server.version()
    if fits(found):
        return DoctorCheck("server", "fits", f"OpenMetadata {found} at {server.host}")
    return DoctorCheck(
        "server", "differs", f"OpenMetadata {found} at {server.host}; this c360 knows {VERSION}",
        f"Bring the server to {VERSION}, or install the c360 that knows {found.rpartition('.')[0]}.",
    )  # fmt: skip


def _whose(server: Server) -> DoctorCheck:
    user = server.get("users/loggedInUser") or {}
    return DoctorCheck("token", "fits", f"of {user.get('name', 'somebody')}")


def _rights(server: Server) -> DoctorCheck:
    """What the server says that the bot may, of what a push needs."""
    allowed = {
        (str(one["operation"]), str(resource["resource"]))
        for resource in server.every("permissions")
        for one in resource["permissions"]
        if one.get("access") in ("allow", "conditionalAllow")
    }
    needed = [(operation, resource) for operation, resources in NEEDED.items() for resource in resources]
    missing = [f"{operation} {resource}" for operation, resource in needed if (operation, resource) not in allowed]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        return DoctorCheck("rights", "differs", f"The token's bot may not {missing[0]}{more}.",
                           "Give it a role with the policy in docs/catalog.md (Settings > Policies).")  # fmt: skip
    return DoctorCheck("rights", "fits", "all that a push needs")


def _service(server: Server, names: Names) -> DoctorCheck:
    if server.named("services/databaseServices", Ref("databaseService", qualified(names.service))):
        return DoctorCheck("service", "fits", names.service)
    return DoctorCheck("service", "differs", f"There is no database service {names.service}.", INGEST)


def _tables(server: Server, names: Names, tables: set[Ref]) -> DoctorCheck:
    there = {
        Ref("table", str(table["fullyQualifiedName"]))
        for table in server.every("tables", database=qualified(names.service, names.database))
    }
    missing = sorted(ref.name for ref in tables - there)
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        return DoctorCheck("tables", "differs", f"The catalogue does not have {missing[0]}{more}.", INGEST)
    return DoctorCheck("tables", "fits", f"all {len(tables)} of the contracts")


def _client(folder: Path) -> DoctorCheck:
    """The client is needed for ingestion alone; what is not installed differs from nothing."""
    found = [
        m[1] for path in folder.glob("lib/python*/site-packages/*.dist-info") if (m := _CLIENT.fullmatch(path.name))
    ]
    if not found:
        return DoctorCheck("client", "fits", f"none in {ENVIRONMENT}; only ingestion needs it: make catalog-setup")
    if fits(found[0]):
        return DoctorCheck("client", "fits", f"{found[0]} in {ENVIRONMENT}")
    return DoctorCheck(
        "client", "differs", f"{found[0]} in {ENVIRONMENT}; the servers are {VERSION}", "Run: make catalog-setup"
    )
