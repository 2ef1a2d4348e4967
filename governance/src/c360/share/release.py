"""A release: dbt makes what the partner gets, its role may select from it, and what was left out is counted."""

from contextlib import closing
from datetime import datetime

from c360.clause.dialect import POSTGRES
from c360.database import connect
from c360.database.access import TRANSFORMER
from c360.dbt.session import dbt, log_of
from c360.dbt.verdicts import results_of
from c360.errors import Breach, CouldNotTell
from c360.project import Project
from c360.share import keys, release_totals, role
from c360.share.models import VARIABLE
from c360.share.policy import Policy
from c360.share.window import Release, ensure_log, goes_on, put_down

quote = POSTGRES.quote


def release(project: Project, policies: list[Policy], now: datetime, pinned: bool) -> list[Release]:
    """Make the shares of one partner; `pinned` says that the clock of the run is not now.

    Raises Breach when k or l does not hold in what was made, or the budget of totals is gone; CouldNotTell when dbt
    could not make it.
    """
    partner = policies[0].partner
    _ensure_role(project, partner)
    with closing(connect(project.settings, role=TRANSFORMER)) as owner:
        with owner.transaction(), owner.cursor() as cursor:
            ensure_log(cursor)
            rows = [policy for policy in policies if not policy.totals]
            if not all(goes_on(cursor, policy) for policy in rows):
                keys.renew(cursor, partner, now)
        with owner.transaction(), owner.cursor() as cursor:
            totals = {one.name: release_totals.make(cursor, one, one.totals, now) for one in policies if one.totals}
        names = [*(f"release_{policy.name}" for policy in rows), *(f"share_{policy.name}" for policy in policies)]
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
                view = nodes[f"share_{policy.name}"]
                role.grant(cursor, partner, str(view.schema), str(view.alias))
                if policy.totals:
                    found.append(release_totals.put_down(cursor, policy, totals[policy.name], view, now))
                else:
                    found.append(put_down(owner, policy, nodes[f"release_{policy.name}"], view, now))
            return found


def _ensure_role(project: Project, partner: str) -> None:
    with closing(connect(project.settings, role=None)) as admin:
        role.ensure(admin, partner, admin.info.user if project.settings.database_url else None)
        role.let_in(admin, partner)
