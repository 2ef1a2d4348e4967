"""The alerts: what was wrong when the last one was raised, and what is still due to be posted."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from c360.database.query import value

if TYPE_CHECKING:
    from psycopg import Connection

_LOCK = 0xC360_0004
"""Advisory lock: of two alerts at once, the second sees what the first has told."""


@dataclass(frozen=True)
class Due:
    """An alert that was not posted yet: its number, and what had changed."""

    id: int
    changes: list[dict[str, Any]]


def last_state(database: "Connection") -> dict[str, dict[str, str]]:
    """What was wrong at the last alert. Until the caller's transaction ends, no other alert is raised."""
    with database.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        cursor.execute("select state from governance.alert order by alert_id desc limit 1")
        return value(cursor) or {}


def put_down(
    database: "Connection", as_of: datetime, state: dict[str, Any], changes: list[dict[str, str]], due: bool
) -> int:
    """An alert, in the caller's transaction; returns its number."""
    with database.cursor() as cursor:
        cursor.execute(
            "insert into governance.alert (as_of, state, changes, due) values (%s, %s, %s, %s) returning alert_id",
            (as_of, json.dumps(state), json.dumps(changes), due),
        )
        return int(value(cursor))


def due(database: "Connection") -> list[Due]:
    """Alerts that are to be posted, oldest first; locked until the caller's transaction ends, so that none is posted
    twice."""
    with database.cursor() as cursor:
        cursor.execute("select alert_id, changes from governance.alert where due order by alert_id for update")
        return [Due(*row) for row in cursor.fetchall()]


def posted(database: "Connection", alerts: list[Due]) -> None:
    """They are due no more; in the caller's transaction."""
    with database.cursor() as cursor:
        cursor.execute("update governance.alert set due = false where alert_id = any(%s)", ([a.id for a in alerts],))
