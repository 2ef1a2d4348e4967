"""Withdraw what has ended: the view goes, and what it showed; the partner is shut out, keys run out, its data goes."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.database import connect
from c360.database.access import TRANSFORMER
from c360.database.waiting import Say
from c360.project import Project
from c360.share import bundle, keys, role
from c360.share.living import Ended, ended, open_shares
from c360.share.policy import Policy
from c360.share.window import ensure_log

if TYPE_CHECKING:
    from psycopg import Cursor

quote = POSTGRES.quote


def withdraw_ended(project: Project, policies: list[Policy], now: datetime, say: Say) -> list[Ended]:
    """Withdraw each share whose last day has passed, or that no policy is for; returns these. `say` is told what is to
    be done by others."""
    living = {(policy.partner, policy.dataset.name): policy.until for policy in policies}
    with closing(connect(project.settings, role=TRANSFORMER)) as owner, owner.transaction(), owner.cursor() as cursor:
        ensure_log(cursor)
        found = list(ended(open_shares(cursor), living, now.date()))
        for one in found:
            _withdraw(cursor, one, now)
        left = {partner for partner, _ in open_shares(cursor)}
        living_partners = left | {partner for (partner, _), until in living.items() if until >= now.date()}
        gone = keys.partners(cursor) - living_partners
        for partner in gone:
            keys.run_out(cursor, partner, now)
    for partner in {one.partner for one in found} - living_partners:
        with closing(connect(project.settings, role=None)) as admin:
            role.shut_out(admin, partner, say)
    for one in found:
        delete_data(project.settings.site / "partners" / one.partner / one.product)
    return found


def delete_data(folder: Path) -> None:
    """Of a bundle: the rows, and what was signed. Its contract stays."""
    for path in bundle.signed_with(folder / bundle.MANIFEST):
        path.unlink(missing_ok=True)


def _withdraw(cursor: "Cursor", one: Ended, now: datetime) -> None:
    cursor.execute(
        "select distinct schema_name, view_name, release_schema, release_name from sharing.release "
        "where partner = %s and product = %s and withdrawn is null",
        (one.partner, one.product),
    )
    for schema, view, release_schema, release_name in cursor.fetchall():
        cursor.execute(f"drop view if exists {quote(schema)}.{quote(view)} cascade")
        cursor.execute(f"drop table if exists {quote(release_schema)}.{quote(release_name)} cascade")
    cursor.execute(
        "update sharing.release set withdrawn = %s where partner = %s and product = %s and withdrawn is null",
        (now, one.partner, one.product),
    )
