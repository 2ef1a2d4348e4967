"""The deliveries: one row each that was decided on, with what became of its rows."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from c360.database.query import look, value

if TYPE_CHECKING:
    from psycopg import Connection

Outcome = Literal["accepted", "replay"]
_DONE = "outcome <> 'planned'"


@dataclass(frozen=True)
class Note:
    """A delivery. `delivered` counts records and lines that are none; `form` is how its sender writes, by field, where
    that is not as when silent; a replay is known by a name instead of a hash."""

    sha256: str
    dataset: str
    contract: str
    version: str
    file_name: str
    delivered: int
    as_of: datetime
    form: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Account:
    """What became of the rows of a delivery; `newest_load` is the time of its newest row as text, in UTC."""

    promoted: int
    quarantined: int
    duplicates: int
    superseded: int
    newest_load: str | None = None
    erased: int = 0
    """Rows of people who were forgotten."""


@dataclass(frozen=True)
class Planned:
    """A delivery whose rows may be written, or some of them: its number, its run's clock, and what is to be done, as
    `plan` was told."""

    id: int
    as_of: datetime
    plan: dict[str, Any]


@dataclass(frozen=True)
class Delivered:
    """One decided delivery: when by its run's clock, accepted or not, and the time of its newest row (all UTC)."""

    as_of: datetime
    accepted: bool
    newest: datetime | None


@dataclass(frozen=True)
class Earlier:
    """An accepted delivery that later ones are compared with. `day` is when its newest row was loaded, else its run's
    clock (UTC); `numbers` are those that the gate took of it, by clause and name."""

    day: datetime
    newest: datetime | None
    delivered: int
    numbers: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Arrival:
    """One delivery (or replay of quarantined rows): what became of its rows. Time in UTC."""

    as_of: datetime
    outcome: str
    delivered: int
    promoted: int
    quarantined: int
    duplicates: int
    erased: int
    reason: str = ""
    """Why it was refused."""
    id: int = 0
    newest: datetime | None = None
    """Of an accepted one, the time of its newest row."""


@dataclass(frozen=True)
class Taken:
    """A delivery of one run, as the demo sums it up."""

    dataset: str
    outcome: str
    delivered: int
    promoted: int
    quarantined: int
    duplicates: int
    superseded: int
    reason: str


def ledger_id(database: "Connection") -> str:
    """What tells this ledger, and so the numbers of its deliveries, from any other."""
    return str(look(database, "select id from governance.ledger")[0][0])


def accepted_last(database: "Connection", dataset: str, sha256: str, form: Mapping[str, Any]) -> str | None:
    """When this content was accepted, in UTC, if no other content of the dataset was accepted since; else None.

    What is read in another form has other content: who mistyped a form sends the same file again. Replays and decisions
    are no content: whoever sends a file again does not undo them. In the caller's transaction.
    """
    with database.cursor() as cursor:
        cursor.execute(
            "select case when sha256 = %s and form = %s then "
            "to_char(decided_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI UTC') end "
            "from (select sha256, form, decided_at from governance.delivery where dataset = %s "
            "and outcome = 'accepted' order by delivery_id desc limit 1) as last",
            (sha256, json.dumps(dict(form)), dataset),
        )
        found = cursor.fetchone()
        return found[0] if found else None


def refuse(database: "Connection", what: Note, reason: str) -> int:
    """Put down a delivery that is refused, in the caller's transaction; returns its number."""
    return _insert(database, what, "refused", {"reason": reason})


def plan(
    database: "Connection",
    what: Note,
    account: Account,
    becomes: Outcome,
    plan: Mapping[str, Any],
    numbers: Mapping[str, Mapping[str, float]],
) -> int:
    """Put down what will become of a delivery, in the caller's transaction, before anything of it is written; returns
    its number. The table checks that no row is unaccounted for. `numbers` are what later ones are compared with."""
    carried = json.dumps({"becomes": becomes, "plan": plan})
    return _insert(database, what, "planned", {**asdict(account), "plan": carried, "numbers": json.dumps(numbers)})


def accept(database: "Connection", delivery_id: int) -> None:
    """Put down, in the caller's transaction, that what was planned is done."""
    with database.cursor() as cursor:
        cursor.execute(
            "update governance.delivery set outcome = plan ->> 'becomes', plan = null, decided_at = clock_timestamp() "
            "where delivery_id = %s and outcome = 'planned'",
            (delivery_id,),
        )


def planned(database: "Connection", dataset: str) -> list[Planned]:
    """What was planned of a dataset and is not known to be done, the oldest first."""
    rows = look(
        database,
        "select delivery_id, as_of, plan -> 'plan' from governance.delivery "
        "where dataset = %s and outcome = 'planned' order by delivery_id",
        (dataset,),
    )
    return [Planned(*row) for row in rows]


def _insert(database: "Connection", what: Note, outcome: str, more: Mapping[str, Any]) -> int:
    nothing = dict.fromkeys(("promoted", "quarantined", "duplicates", "superseded"), 0)
    row = nothing | vars(what) | {"form": json.dumps(dict(what.form)), "outcome": outcome, **more}
    with database.cursor() as cursor:
        cursor.execute(
            f"insert into governance.delivery ({', '.join(row)}) values ({', '.join(['%s'] * len(row))}) "
            "returning delivery_id",
            list(row.values()),
        )
        return int(value(cursor))


def deliveries_of(database: "Connection", dataset: str, as_of: datetime, days: int) -> list[Delivered]:
    """Those of the last `days`, and before them the first one and the last that was accepted, oldest first."""
    columns = "as_of, outcome = 'accepted', newest_load at time zone 'UTC'"
    known = (
        "from governance.delivery where dataset = %(dataset)s and outcome in ('accepted', 'refused') "
        "and as_of <= %(as_of)s"
    )
    rows = look(
        database,
        f"(select {columns} {known} order by as_of limit 1) union "
        f"(select {columns} {known} and as_of < %(start)s and outcome = 'accepted' order by as_of desc limit 1) "
        f"union (select {columns} {known} and as_of >= %(start)s) order by 1",
        {"dataset": dataset, "as_of": as_of, "start": as_of - timedelta(days=days, hours=1)},
    )
    return [Delivered(*row) for row in rows]


def earlier(database: "Connection", dataset: str, sha256: str, as_of: datetime, limit: int) -> list[Earlier]:
    """The last accepted deliveries up to `as_of`, at most `limit`, by the time of their rows. Content that came more
    than once counts once, and the content with this `sha256` does not count. In the caller's transaction."""
    with database.cursor() as cursor:
        cursor.execute(
            "with last as (select * from governance.delivery where dataset = %s and outcome = 'accepted' "
            "and as_of <= %s and sha256 <> %s order by delivery_id desc limit %s), "
            "each_once as (select distinct on (sha256) *, newest_load at time zone 'UTC' as newest from last "
            "order by sha256, delivery_id) "
            "select coalesce(newest, as_of), newest, delivered, numbers from each_once order by 1, delivery_id",
            (dataset, as_of, sha256, limit),
        )
        return [Earlier(*row) for row in cursor.fetchall()]


def arrivals(
    database: "Connection", dataset: str, as_of: datetime, limit: int, outcome: str | None = None
) -> list[Arrival]:
    """The last deliveries and replays, or those of one outcome, up to `as_of`, oldest first."""
    rows = look(
        database,
        "select as_of, outcome, delivered, promoted, quarantined, duplicates, erased, coalesce(reason, ''), "
        "delivery_id, newest_load at time zone 'UTC' from governance.delivery "
        f"where dataset = %(dataset)s and as_of <= %(as_of)s and {'outcome = %(outcome)s' if outcome else _DONE} "
        "order by as_of desc, delivery_id desc limit %(limit)s",
        {"dataset": dataset, "as_of": as_of, "outcome": outcome, "limit": limit},
    )
    return [Arrival(*row) for row in rows][::-1]


def taken(database: "Connection", as_of: datetime) -> list[Taken]:
    """Those of the runs of one clock (to the second), in their order."""
    rows = look(
        database,
        "select dataset, outcome, delivered, promoted, quarantined, duplicates, superseded, coalesce(reason, '') "
        "from governance.delivery where as_of = date_trunc('second', %s::timestamptz) and outcome <> 'planned' "
        "order by delivery_id",
        (as_of,),
    )
    return [Taken(*row) for row in rows]


def erased(database: "Connection", as_of: datetime, days: int) -> int:
    """Rows of people who were forgotten, kept out or taken out of what deliveries of the last `days` brought."""
    since = as_of - timedelta(days=days)
    query = "select coalesce(sum(erased), 0)::bigint from governance.delivery where as_of > %s and as_of <= %s"
    query += f" and {_DONE}"
    return int(look(database, query, (since, as_of))[0][0])


def newest_delivery(database: "Connection") -> datetime | None:
    """The clock of the newest delivery."""
    newest: datetime | None = look(database, f"select max(as_of) from governance.delivery where {_DONE}")[0][0]
    return newest


def came_between(database: "Connection", start: datetime, end: datetime) -> bool:
    """Whether a delivery was taken from `start` to `end`."""
    between = look(
        database,
        "select 1 from governance.delivery where outcome not in ('refused', 'planned') "
        "and decided_at between %s and %s limit 1",
        (start, end),
    )
    return bool(between)
