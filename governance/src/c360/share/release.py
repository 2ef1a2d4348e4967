"""A release: dbt makes what the partner gets, its role may select from it, and what was left out is counted."""

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
from c360.share.models import VARIABLE
from c360.share.policy import Policy
from c360.share.release_sql import Columns

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

quote = POSTGRES.quote

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
)"""
"""One row a release, append-only but for `withdrawn`; persons are counted, none is named."""


@dataclass(frozen=True)
class Release:
    """What was made of a policy. `persons` are those of the product; `published` of them are in the share, `coarser`
    of these by the coarser step; the others stand in too small a group. `rows` are those of the share, canaries too."""

    policy: Policy
    schema: str
    view: str
    persons: int
    published: int
    coarser: int
    rows: int

    @property
    def suppressed(self) -> int:
        return self.persons - self.published


def release(project: Project, policies: list[Policy], now: datetime, pinned: bool) -> list[Release]:
    """Make the shares of one partner; `pinned` says that the clock of the run is not now.

    Raises Breach when k or l does not hold in what was made, or when it would be of other columns by the pseudonyms of
    before; CouldNotTell when dbt could not make it.
    """
    partner = policies[0].partner
    _ensure_role(project, partner)
    with closing(connect(project.settings, role=TRANSFORMER)) as owner:
        keys.create(owner, partner)
        with owner.transaction(), owner.cursor() as cursor:
            ensure_log(cursor)
            for policy in policies:
                _require_new_key(cursor, policy, now)
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


def _require_new_key(cursor: "Cursor", policy: Policy, now: datetime) -> None:
    """A release of other columns cannot be compared with the one before; so nobody may be known again in it."""
    cursor.execute(
        "select c.attname::text, r.key_version from sharing.release as r "
        "join pg_attribute as c on c.attrelid = to_regclass(format('%%I.%%I', r.release_schema, r.release_name)) "
        "where r.id = (select max(id) from sharing.release where partner = %s and product = %s and withdrawn is null) "
        "and c.attnum > 0 and not c.attisdropped order by c.attnum",
        (policy.partner, policy.dataset.name),
    )
    before = cursor.fetchall()
    if not before or [name for name, _ in before] == Columns(policy).table:
        return
    cursor.execute(
        f"with used as (select * from {keys.TABLE} where partner = %(partner)s) select 1 from used "
        "where version = %(version)s and (retires > %(now)s or version = (select max(version) from used))",
        {"partner": policy.partner, "version": before[0][1], "now": now},
    )
    if cursor.fetchone():
        raise Breach(
            f"{policy.path.name} shares {policy.dataset.name} otherwise than before: by the pseudonyms that "
            f"{policy.partner} has, the difference would tell who is who.",
            f"Give it new ones, then publish again: c360 keys rotate {policy.partner} --days 0",
        )


def _counted(owner: "Connection", policy: Policy, kept: Any, view: Any, now: datetime) -> Release:
    table = f"{quote(str(kept.schema))}.{quote(str(kept.alias))}"
    product = f"{quote(policy.dataset.schema)}.{quote(policy.dataset.table)}"
    with owner.cursor() as cursor:
        cursor.execute(f"select count(person), count(person) filter (where step = 2), count(*) from {table}")
        published, coarser, rows = cursor.fetchone() or (0, 0, 0)
        cursor.execute(f"select count(*) from {product}")
        (persons,) = cursor.fetchone() or (0,)
        place = (str(view.schema), str(view.alias))
        cursor.execute(
            "insert into sharing.release (partner, product, version, at, schema_name, view_name, release_schema, "
            "release_name, key_version, persons, published, coarser) values (%s, %s, %s, %s, %s, %s, %s, %s, "
            f"(select max(version) from {keys.TABLE} where partner = %s), %s, %s, %s)",
            (policy.partner, policy.dataset.name, policy.contract.version, now, *place, str(kept.schema),
             str(kept.alias), policy.partner, persons, published, coarser),
        )  # fmt: skip
    return Release(policy, *place, int(persons), int(published), int(coarser), int(rows))


def ensure_log(cursor: "Cursor") -> None:
    keys.ensure_table(cursor)
    cursor.execute(_LOG)
    cursor.execute("revoke all on sharing.release from public")


def _ensure_role(project: Project, partner: str) -> None:
    with closing(connect(project.settings, role=None)) as admin:
        role.ensure(admin, partner, admin.info.user if project.settings.database_url else None)
        role.let_in(admin, partner)
