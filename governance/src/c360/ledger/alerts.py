"""The alerts: what was wrong when the last one was raised, what is due to be posted, and who is on what."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from c360.database.query import look, value

if TYPE_CHECKING:
    from psycopg import Connection

_LOCK = 0xC360_0004
"""Advisory lock: of two alerts at once, the second sees what the first has told."""


@dataclass(frozen=True)
class Due:
    """An alert that was not posted yet: its number, and what had changed."""

    id: int
    changes: list[dict[str, Any]]


@dataclass(frozen=True)
class Acknowledged:
    """Who is on something that is wrong, and until when there is no reminder of it; times in UTC."""

    as_of: datetime
    by: str
    until: datetime
    reason: str


def last_state(database: "Connection") -> dict[str, dict[str, Any]]:
    """What was wrong at the last alert. Until the caller's transaction ends, no other alert is raised."""
    with database.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        cursor.execute("select state from governance.alert order by alert_id desc limit 1")
        return value(cursor) or {}


def put_down(
    database: "Connection", as_of: datetime, state: dict[str, Any], changes: list[dict[str, Any]], due: bool
) -> int:
    """An alert, in the caller's transaction; returns its number."""
    with database.cursor() as cursor:
        cursor.execute(
            "insert into governance.alert (as_of, state, changes, due) values (%s, %s, %s, %s) returning alert_id",
            (as_of, json.dumps(state), json.dumps(changes), due),
        )
        return int(value(cursor))


def due(database: "Connection", target: str) -> list[Due]:
    """Alerts that are to be posted to a target, oldest first; locked until the caller's transaction ends, so that none
    is posted twice."""
    with database.cursor() as cursor:
        cursor.execute(
            "select alert_id, changes from governance.alert where due and not %s = any(posted_to) "
            "order by alert_id for update",
            (target,),
        )
        return [Due(*row) for row in cursor.fetchall()]


def posted(database: "Connection", alerts: list[Due], target: str, targets: Collection[str]) -> None:
    """The target has them; due no more when all targets have. In the caller's transaction."""
    with database.cursor() as cursor:
        cursor.execute(
            "update governance.alert set posted_to = posted_to || %(target)s::text, "
            "due = not (posted_to || %(target)s::text) @> %(targets)s::text[] where alert_id = any(%(ids)s)",
            {"target": target, "targets": list(targets), "ids": [alert.id for alert in alerts]},
        )


def acknowledge(database: "Connection", abouts: Sequence[str], what: Acknowledged) -> None:
    """Put down, in the caller's transaction, who is on these."""
    with database.cursor() as cursor:
        cursor.executemany(
            "insert into governance.acknowledgement (as_of, about, acknowledged_by, until, reason) "
            "values (%s, %s, %s, %s, %s)",
            [(what.as_of, about, what.by, what.until, what.reason) for about in abouts],
        )


def acknowledged(database: "Connection", as_of: datetime) -> dict[str, Acknowledged]:
    """By what it is about, the last one up to `as_of` that is not over."""
    rows = look(
        database,
        "select distinct on (about) about, as_of, acknowledged_by, until, reason from governance.acknowledgement "
        "where as_of <= %s order by about, acknowledgement_id desc",
        (as_of,),
    )
    return {about: Acknowledged(*row) for about, *row in rows if row[2] > as_of}
