"""A release: dbt makes what the partner gets, its role may select from it, and what was left out is counted.

A share whose last day has passed is withdrawn instead: the view goes, and with it what it showed.
"""

from contextlib import closing
from datetime import datetime

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
from c360.share.window import Release, ensure_log, goes_on, put_down

quote = POSTGRES.quote


def withdraw_ended(project: Project, policies: list[Policy], now: datetime) -> list[Policy]:
    """Withdraw each share whose last day has passed; those of `policies` that have ended."""
    ended = [policy for policy in policies if policy.until < now.date()]
    with closing(connect(project.settings, role=TRANSFORMER)) as owner, owner.transaction(), owner.cursor() as cursor:
        ensure_log(cursor)
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
            ensure_log(cursor)
            if not all(goes_on(cursor, policy) for policy in policies):
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
                found.append(put_down(owner, policy, kept, view, now))
            return found


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
