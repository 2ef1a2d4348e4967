"""A release: dbt makes what the partner gets, its role may select from it, and what was left out is counted.

A share whose last day has passed is withdrawn instead: the view goes, and with it what it showed.
"""

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.database import connect
from c360.database.access import TRANSFORMER
from c360.dbt.session import dbt, log_of
from c360.dbt.verdicts import results_of
from c360.errors import Breach, CouldNotTell
from c360.project import Project
from c360.share import keys, role
from c360.share.columns import Columns
from c360.share.contract import IN_THIS
from c360.share.models import VARIABLE
from c360.share.policy import Policy

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

quote = POSTGRES.quote
MOST_HELD = 0.1
"""The part of persons with labels that are not true, beyond which a window ends."""

_LOG = """
create table if not exists sharing.release (
    id bigint generated always as identity primary key,
    partner text not null,
    product text not null,
    version text not null,
    at timestamptz not null,
    schema_name text not null,
    view_name text not null,
    release_schema text not null,
    release_name text not null,
    key_version integer,
    persons bigint not null,
    published bigint not null,
    coarser bigint not null,
    withdrawn timestamptz
);
alter table sharing.release add column if not exists held bigint not null default 0;
alter table sharing.release add column if not exists oldest integer not null default 0;"""
"""One row a release, append-only but for `withdrawn`; persons are counted, none is named."""


@dataclass(frozen=True)
class Release:
    """What was made of a policy. `persons` are those of the product; `published` of them are in the share, `coarser`
    of these by the coarser step; the others stand in too small a group. Of `held` ones the labels are not those
    that they would have anew, the longest for `oldest` releases. `rows` are those of the share, canaries too."""

    policy: Policy
    schema: str
    view: str
    persons: int
    published: int
    coarser: int
    rows: int
    held: int
    oldest: int

    @property
    def suppressed(self) -> int:
        return max(0, self.persons - self.published)

    @property
    def told(self) -> str:
        """What a partner who follows people is told of labels that are held back."""
        if not self.policy.linked:
            return ""
        longest = f", the longest for {self.oldest} releases" if self.held else ""
        return f"{IN_THIS}they are held back of {self.held} of {self.published} persons{longest}."


def withdraw_ended(project: Project, policies: list[Policy], now: datetime) -> list[Policy]:
    """Withdraw each share whose last day has passed; those of `policies` that have ended."""
    ended = [policy for policy in policies if policy.until < now.date()]
    with closing(connect(project.settings, role=TRANSFORMER)) as owner, owner.transaction(), owner.cursor() as cursor:
        _ensure_log(cursor)
        for policy in ended:
            cursor.execute(
                "select distinct schema_name, view_name, release_schema, release_name from sharing.release "
                "where partner = %s and product = %s and withdrawn is null",
                (policy.partner, policy.dataset.name),
            )
            for schema, view, release_schema, release_name in cursor.fetchall():
                cursor.execute(f"drop view if exists {quote(schema)}.{quote(view)} cascade")
                cursor.execute(f"drop table if exists {quote(release_schema)}.{quote(release_name)} cascade")
            cursor.execute(
                "update sharing.release set withdrawn = %s where partner = %s and product = %s and withdrawn is null",
                (now, policy.partner, policy.dataset.name),
            )
    return ended


def release(project: Project, policies: list[Policy], now: datetime, pinned: bool) -> list[Release]:
    """Make the shares of one partner; `pinned` says that the clock of the run is not now.

    Raises Breach when k or l does not hold in what was made, CouldNotTell when dbt could not make it.
    """
    partner = policies[0].partner
    _ensure_role(project, partner)
    with closing(connect(project.settings, role=TRANSFORMER)) as owner:
        with owner.transaction(), owner.cursor() as cursor:
            _ensure_log(cursor)
            if not all(_goes_on(cursor, policy) for policy in policies):
                keys.renew(cursor, partner)
        names = [name for policy in policies for name in (f"release_{policy.name}", f"share_{policy.name}")]
        with dbt(project, now if pinned else None, **{VARIABLE: partner}) as invoke:
            answer = invoke("build", "--select", *names)
        nodes = {str(node.node.name): node.node for node in results_of(answer)}
        broken = [str(node.node.name) for node in results_of(answer) if str(node.status) == "fail"]
        if broken:
            raise Breach(f"The share of {partner} does not hold: {', '.join(broken)}.", "Nothing of it is granted.")
        if not answer.success or not set(names) <= nodes.keys():
            raise CouldNotTell(f"dbt could not make the share of {partner}.", f"See why: less {log_of(project)}")
        with owner.transaction(), owner.cursor() as cursor:
            found = []
            for policy in policies:
                kept, view = nodes[f"release_{policy.name}"], nodes[f"share_{policy.name}"]
                role.grant(cursor, partner, str(view.schema), str(view.alias))
                found.append(_counted(owner, policy, kept, view, now))
            return found


def _goes_on(cursor: "Cursor", policy: Policy) -> bool:
    """Whether the next release is in the window of the last one, and by its key: not where releases cannot be linked,
    after the last release of a window, an erasure or a withdrawal, for other columns, or where too much is untrue."""
    if not policy.linked:
        return False
    cursor.execute(
        "with living as (select * from sharing.release where partner = %s and product = %s and key_version = %s "
        "and withdrawn is null) select release_schema, release_name, held <= published * %s, "
        "(select count(*) from living) from living order by id desc limit 1",
        (policy.partner, policy.dataset.name, keys.newest(cursor, policy.partner), MOST_HELD),
    )
    last = cursor.fetchone()
    return (
        last is not None
        and last[2]
        and last[3] < policy.window
        and _columns(cursor, *last[:2]) == Columns(policy).table
    )


def _columns(cursor: "Cursor", schema: str, name: str) -> list[str]:
    cursor.execute(
        "select attname::text from pg_attribute where attrelid = to_regclass(format('%%I.%%I', %s::text, %s::text)) "
        "and attnum > 0 and not attisdropped order by attnum",
        (schema, name),
    )
    return [column for (column,) in cursor.fetchall()]


def rekey(cursor: "Cursor", changed: Collection[str]) -> None:
    """After an erasure, other pseudonyms for what is published in tables that changed, named as schema.table.

    So nobody who has a copy finds one pseudonym missing in the view."""
    cursor.execute("select to_regclass('sharing.release') is not null")
    if cursor.fetchone() != (True,):
        return
    cursor.execute(
        "select partner, array_agg(distinct release_schema || '.' || release_name) from sharing.release "
        "where withdrawn is null group by partner"
    )
    for partner, tables in cursor.fetchall():
        if set(tables).isdisjoint(changed):
            continue
        version = keys.renew(cursor, partner)
        for schema, _, name in (table.partition(".") for table in tables):
            if "key_version" in _columns(cursor, schema, name):
                cursor.execute(f"update {quote(schema)}.{quote(name)} set key_version = %s", (version,))


def _counted(owner: "Connection", policy: Policy, kept: Any, view: Any, now: datetime) -> Release:
    table = f"{quote(str(kept.schema))}.{quote(str(kept.alias))}"
    product = f"{quote(policy.dataset.schema)}.{quote(policy.dataset.table)}"
    with owner.cursor() as cursor:
        held = "count(*) filter (where held > 0), coalesce(max(held), 0)" if policy.linked else "0, 0"
        cursor.execute(
            f"select count(person), count(person) filter (where step = 2), count(*), "
            f"coalesce(max(key_version), %s), {held} from {table}",
            (keys.newest(cursor, policy.partner),),
        )
        published, coarser, rows, key, *untrue = map(int, cursor.fetchone() or (0,) * 6)
        cursor.execute(f"select count(*) from {product}")
        (persons,) = cursor.fetchone() or (0,)
        place = (str(view.schema), str(view.alias))
        cursor.execute(
            "insert into sharing.release (partner, product, version, at, schema_name, view_name, release_schema, "
            "release_name, key_version, persons, published, coarser, held, oldest) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (policy.partner, policy.dataset.name, policy.contract.version, now, *place, str(kept.schema),
             str(kept.alias), key, persons, published, coarser, *untrue),
        )  # fmt: skip
    return Release(policy, *place, int(persons), published, coarser, rows, *untrue)


def _ensure_log(cursor: "Cursor") -> None:
    keys.ensure_table(cursor)
    cursor.execute(_LOG)
    cursor.execute("revoke all on sharing.release from public")


def _ensure_role(project: Project, partner: str) -> None:
    import psycopg

    with closing(connect(project.settings, role=None)) as admin, admin.cursor() as cursor:
        if role.exists(cursor, partner):
            return
        try:
            cursor.execute(role.script(partner, admin.info.dbname))
        except psycopg.errors.InsufficientPrivilege:
            raise CouldNotTell(
                f"The user {admin.info.user} may not make the role {role.role_of(partner)}.",
                f"Have an administrator run: create role {role.role_of(partner)} login; "
                f"grant connect on database {quote(admin.info.dbname)} to {role.role_of(partner)}",
            ) from None
