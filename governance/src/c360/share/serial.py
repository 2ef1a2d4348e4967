"""The numbers of bundles: each has the next one and names the one before, so that an old bundle passes for no newer."""

from datetime import datetime
from typing import TYPE_CHECKING

from c360.share.policy import Policy

if TYPE_CHECKING:
    from psycopg import Cursor

_TABLE = """
create table if not exists sharing.bundle (
    partner text not null,
    product text not null,
    serial integer not null,
    manifest text not null,
    at timestamptz not null,
    primary key (partner, product, serial)
);
revoke all on sharing.bundle from public"""
"""`manifest` is the SHA-256 of the manifest, in hexadecimal."""


def following(cursor: "Cursor", policy: Policy) -> tuple[int, str | None]:
    """The next number, from 1 on, and the SHA-256 of the manifest before; `cursor` is the transformer's."""
    cursor.execute(_TABLE)
    cursor.execute(
        "select serial, manifest from sharing.bundle where partner = %s and product = %s order by serial desc limit 1",
        (policy.partner, policy.dataset.name),
    )
    last, manifest = cursor.fetchone() or (0, None)
    return last + 1, manifest


def put_down(cursor: "Cursor", policy: Policy, serial: int, manifest: str, now: datetime) -> None:
    """In the caller's transaction."""
    cursor.execute(
        "insert into sharing.bundle values (%s, %s, %s, %s, %s)",
        (policy.partner, policy.dataset.name, serial, manifest, now),
    )
