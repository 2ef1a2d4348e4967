"""Keys of pseudonyms: one a partner and version, made in the database and never out of it.

HMAC-SHA-256 (RFC 2104) takes a key by its two pads, so these are what is kept, in a table that only the transformer
reads. SQL names no key, and so neither do logs, compiled models and the statistics of the server.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from c360.clause.dialect import POSTGRES
from c360.database.access import LOADER, READER, SCANNER
from c360.errors import Breach

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

TABLE = "sharing.key"
CANARY = "canary "
"""What stands for a person, before a number, in the pseudonym of a canary; nobody's id has that form."""
AFTER_THE_END = timedelta(days=90)
"""How long the key of a partner stays whose last share was withdrawn."""
_OTHERS = f"{LOADER}, {SCANNER}, {READER}"
_TABLE = f"""
create schema if not exists sharing;
create table if not exists {TABLE} (
    partner text not null,
    version integer not null,
    inner_pad bytea check (octet_length(inner_pad) = 64),
    outer_pad bytea check (octet_length(outer_pad) = 64),
    created timestamptz not null default now(),
    retires timestamptz,
    primary key (partner, version)
);
revoke all on schema sharing from public, {_OTHERS};
revoke all on {TABLE} from public, {_OTHERS};"""
_RANDOM = "sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"
"""244 bits out of the server's secure source."""


def normalized(person: str) -> str:
    """SQL of an id, a text, as pseudonyms are made of it: without blanks around, and regardless of case."""
    return f"lower(trim({person}))"


def hmac_pads(key: str) -> str:
    """SQL of the two pads of a key, an expression of at most 64 bytes: (inner, outer), as RFC 2104 has them."""
    padded = f"substr({key} || decode(repeat('00', 64), 'hex'), 1, 64)"

    def pad(byte: int) -> str:
        return (
            f"(select string_agg(set_byte('\\x00'::bytea, 0, get_byte({padded}, i) # {byte}), ''::bytea order by i) "
            "from generate_series(0, 63) as i)"
        )

    return f"{pad(0x36)}, {pad(0x5C)}"


@dataclass(frozen=True)
class Key:
    """A version of a partner's key; `retires` is the instant (UTC) from which no release is made by it any more."""

    partner: str
    version: int
    created: datetime
    retires: datetime | None
    gone: bool
    """Retired: its pads are deleted, and nobody can make its pseudonyms again."""


def ensure_table(cursor: "Cursor") -> None:
    """As the transformer, who owns it."""
    cursor.execute(_TABLE)


def keys(database: "Connection", partner: str | None = None) -> list[Key]:
    """All keys, or those of a partner, by version; `database` is the transformer's."""
    with database.transaction(), database.cursor() as cursor:
        ensure_table(cursor)
        cursor.execute(
            f"select partner, version, created, retires, inner_pad is null from {TABLE} "
            "where %(partner)s::text is null or partner = %(partner)s order by partner, version",
            {"partner": partner},
        )
        return [Key(*row) for row in cursor.fetchall()]


def create(database: "Connection", partner: str) -> bool:
    """A key of a partner, where there is none that makes pseudonyms; False when there is one. One that was to run out,
    since the shares had ended, goes on."""
    with database.transaction(), database.cursor() as cursor:
        there = newest(cursor, partner) is not None
        if not there:
            renew(cursor, partner)
        return not there


def newest(cursor: "Cursor", partner: str) -> int | None:
    """The version of which the next release is, locked for who makes another one until the transaction ends."""
    ensure_table(cursor)
    cursor.execute(f"lock table {TABLE} in share row exclusive mode")
    cursor.execute(f"select max(version) from {TABLE} where partner = %s", (partner,))
    (version,) = cursor.fetchone() or (None,)
    return version


def renew(cursor: "Cursor", partner: str, now: datetime | None = None) -> int:
    """A new version, for releases from `now` on: what is published stays by its own."""
    version = (newest(cursor, partner) or 0) + 1
    cursor.execute(
        f"update {TABLE} set retires = coalesce(%s, now()) where partner = %s and retires is null", (now, partner)
    )
    cursor.execute(
        f"insert into {TABLE} (partner, version, inner_pad, outer_pad) select %s, %s, {hmac_pads('key')} "
        f"from (select {_RANDOM} as key) as made",
        (partner, version),
    )
    return version


def retire(database: "Connection", partner: str, version: int) -> bool:
    """Delete a version for good: its pseudonyms can never be made again. False when it was gone already.

    Raises Breach for one by which a share is made, or will be, and for one that is not there.
    """
    there = keys(database, partner)
    chosen = next((key for key in there if key.version == version), None)
    if chosen is None:
        known = ", ".join(str(key.version) for key in there) or "none"
        raise Breach(f"{partner} has no key {version}.", f"There are: {known}.")
    if chosen is there[-1]:
        raise Breach(f"Key {version} of {partner} is the newest.", f"Make another: c360 keys rotate {partner}")
    with database.transaction(), database.cursor() as cursor:
        cursor.execute("select to_regclass('sharing.release') is not null")
        if cursor.fetchone() == (True,):
            cursor.execute(
                "select 1 from sharing.release where partner = %s and key_version = %s and withdrawn is null "
                "and id in (select max(id) from sharing.release group by partner, product)",
                (partner, version),
            )
            if cursor.fetchone():
                raise Breach(f"What {partner} gets is made by key {version}.", f"c360 publish {partner}")
        cursor.execute(
            f"update {TABLE} set inner_pad = null, outer_pad = null, retires = least(retires, now()) "
            "where partner = %s and version = %s and inner_pad is not null",
            (partner, version),
        )
        return bool(cursor.rowcount)


def partners(cursor: "Cursor") -> set[str]:
    """Those that have a key."""
    ensure_table(cursor)
    cursor.execute(f"select distinct partner from {TABLE} where inner_pad is not null")
    return {str(partner) for (partner,) in cursor.fetchall()}


def run_out(cursor: "Cursor", partner: str, now: datetime) -> None:
    """The keys of a partner who gets nothing any more: the newest has its last day, and all are deleted after it. Until
    then a file that turns up can still be told by its canaries."""
    cursor.execute(
        f"update {TABLE} set retires = coalesce(retires, %s) where partner = %s", (now + AFTER_THE_END, partner)
    )
    cursor.execute(
        f"update {TABLE} set inner_pad = null, outer_pad = null where partner = %(p)s and %(now)s >= "
        f"(select retires from {TABLE} where partner = %(p)s order by version desc limit 1)",
        {"p": partner, "now": now},
    )


def pseudonyms_of(cursor: "Cursor", known_by: list[str], partner: str | None = None) -> list[tuple[str, int, str, str]]:
    """What the keys of all partners, or of one, make of ids: partner, key version, id and pseudonym. Nothing by a key
    that is deleted, nor where there never was a key."""
    cursor.execute("select to_regclass(%s) is not null", (TABLE,))
    if cursor.fetchone() != (True,):
        return []
    pseudonym = POSTGRES.hmac("inner_pad", "outer_pad", POSTGRES.utf8(normalized("one")))
    cursor.execute(
        f"select partner, version, one, {pseudonym} from {TABLE}, unnest(%(ids)s::text[]) as given (one) "
        "where inner_pad is not null and (%(partner)s::text is null or partner = %(partner)s) order by 1, 2, 3",
        {"ids": known_by, "partner": partner},
    )
    return cursor.fetchall()
