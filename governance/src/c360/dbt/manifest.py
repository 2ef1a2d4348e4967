"""dbt's manifest, as `c360 build` leaves it."""

import json
from pathlib import Path
from typing import Any

from c360.errors import CouldNotTell


def read_manifest(path: Path) -> dict[str, Any]:
    """dbt's manifest; empty where dbt has written none. Raises CouldNotTell for a file that is none."""
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CouldNotTell(f"{path} is no manifest of dbt.", "Write it anew: c360 build") from error
