"""What a partner has spent of the privacy of each person, by product: epsilon, one row a publication, never refunded.

Every publication is about all persons of a product, so what it spends is the same for each of them.
"""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from c360.errors import Breach
from c360.share.policy import Policy
from c360.share.totals import Totals

if TYPE_CHECKING:
    from psycopg import Cursor

_TABLE = """
create table if not exists sharing.spent (
    partner text not null,
    product text not null,
    at timestamptz not null,
    epsilon numeric not null check (epsilon > 0)
)"""
"""Append-only: an erasure, a withdrawal and another policy leave it as it is."""


def spent(cursor: "Cursor", policy: Policy) -> Decimal:
    """All that the partner ever spent on the product, once it spent something; `cursor` is the transformer's."""
    cursor.execute(
        "select coalesce(sum(epsilon), 0) from sharing.spent where partner = %s and product = %s",
        (policy.partner, policy.dataset.name),
    )
    (found,) = cursor.fetchone() or (Decimal(0),)
    return Decimal(found)


def spend(cursor: "Cursor", policy: Policy, totals: Totals, now: datetime) -> None:
    """Put down one publication, in the caller's transaction, which no other publication can overtake.

    Raises Breach where less is left than it costs.
    """
    cursor.execute(_TABLE)
    cursor.execute("lock table sharing.spent in share row exclusive mode")
    left = totals.total - spent(cursor, policy)
    if left < totals.each:
        raise Breach(
            f"Of the {totals.total} of epsilon that {policy.partner} may spend on {policy.dataset.name}, "
            f"{max(left, Decimal(0))} is left, and a publication costs {totals.each}.",
            f"What is published stays. To go on, write a larger total in {policy.path.name}, a weaker promise to all.",
        )
    cursor.execute(
        "insert into sharing.spent values (%s, %s, %s, %s)", (policy.partner, policy.dataset.name, now, totals.each)
    )
