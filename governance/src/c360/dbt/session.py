"""dbt in process, over the dbt project and our database, with nothing of it phoning home."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from c360.database import libpq_env
from c360.database.access import TRANSFORMER
from c360.database.shell import exported
from c360.dbt import log, packages
from c360.generate import target_of
from c360.project import Project


@contextmanager
def dbt(
    project: Project, as_of: datetime | None, say: Callable[[str], None] = lambda step: None, /, **more: str
) -> Iterator[Any]:
    """A function that runs one dbt command in this process, over the dbt project and our database; `say` is told of
    each node that begins, `more` variables of dbt are set.

    Telemetry is off; everything dbt writes goes below `$C360_HOME/dbt`, with other variables into another target: dbt
    parses a project anew when its variables are others than last time. The clock is none.
    """
    home, folder = project.settings.home / "dbt", project.settings.dbt_project
    target = home / "_".join(["target", *more.values()])
    elementary = packages.cached(project.settings)
    linked = packages.link(home / "packages", {**packages.local(folder), **elementary})
    env = libpq_env(project.settings, TRANSFORMER) | {
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "DBT_LOG_PATH": str(home / "logs"),
        "DBT_TARGET_PATH": str(target),
        "DBT_PROJECT_DIR": str(folder),
        "DBT_PROFILES_DIR": str(folder),
        "DBT_PACKAGES_INSTALL_PATH": str(linked),
        "DBT_USE_COLORS": "false",
        **log.ENVIRONMENT,
    }
    variables: dict[str, Any] = {**more}
    if elementary:  # it is told of our models once, by prepare_tables
        variables |= {f"{target_of(project.settings).name}_elementary": True, "disable_dbt_artifacts_autoupload": True}
    at = f"{as_of:%Y-%m-%dT%H:%M:%S.%fZ}" if as_of else ""
    if as_of and elementary:
        variables["custom_run_started_at"] = at  # its name for it, which it takes from nowhere else
    with exported(env | {"C360_AS_OF": at}):
        from dbt.cli.main import dbtRunner

        runner = dbtRunner(callbacks=[log.recorder(log_of(project), say)])

        def invoke(*arguments: str) -> Any:
            try:
                answer = runner.invoke([*arguments, "--vars", json.dumps(variables)])
            finally:
                log.clean(target)
            if isinstance(answer.exception, KeyboardInterrupt):
                raise answer.exception
            return answer

        yield invoke


def log_of(project: Project) -> Path:
    """Where dbt writes what it does."""
    return project.settings.home / "dbt" / "logs" / "dbt.log"
