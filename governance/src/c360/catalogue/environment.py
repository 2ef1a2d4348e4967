"""The variables of the workflows in governance/openmetadata, which `metadata ingest` puts into their text.

It does so before it reads the YAML: a value stands between double quotes there, and is written so that it ends none.
"""

import json
import re
from collections.abc import Iterable

from c360.catalogue import access
from c360.catalogue.entities import Names
from c360.database import connect, libpq_env
from c360.database.access import READER
from c360.model import Contract
from c360.project import Project


def variables(project: Project, names: Names, contracts: Iterable[Contract]) -> dict[str, str]:
    """By name. The token is not among them; the database is read as the reader, who sees no personal data of raw."""
    settings = project.settings
    connect(settings).close()  # so that the role is there
    login = libpq_env(settings, READER)
    schemas = {dataset.schema for contract in contracts for dataset in contract.datasets}
    patterns = [*map(re.escape, sorted(schemas)), "(.*_)?share_.+"]
    found = {name: value for name, value in login.items() if name.startswith("PG")}
    found |= {
        "PGPASSWORD": login["DATACONTRACT_POSTGRES_PASSWORD"],
        "PGSSLMODE": login.get("PGSSLMODE", "prefer"),
        "C360_OPENMETADATA_URL": access.address(settings).rstrip("/").removesuffix("/api"),
        "C360_OPENMETADATA_SERVICE": names.service,
        "C360_OPENMETADATA_SCHEMAS": f"^({'|'.join(patterns)})$",
        "C360_DBT_TARGET": str(settings.home / "dbt" / "target"),
        "DO_NOT_TRACK": "true",
    }
    return {name: json.dumps(value)[1:-1] for name, value in found.items()}
