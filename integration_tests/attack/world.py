"""Twelve monthly releases for every partner, and the same columns without protection.

Each month some people come, go, buy, grow older, are corrected and are erased. The SQL is that of the share's models,
as dbt fills it in; keys, windows and the record of releases are those of `c360 publish`, and erasures those of
`c360 forget`, without its search. Whoever holds a partner's role may read its view at any time: so it is read after
each release, and again after each erasure.
"""

import contextlib
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg

from c360.database import connect
from c360.project import open_project
from c360.settings import Settings
from c360.share import keys, window
from c360.share.models import PLANNER
from c360.share.policy import Policy, policies_of
from governance.tests.generate.filled_in import filled_in, view_filled_in

from .attacks import LEVEL, Person, Row, Share
from .labels import label

RELEASES = 12
ERASURES = {2: 3, 9: 3, 11: 3}
"""By number of the release, how many are erased after it: each ends a window, and so the others can be as long as they
may."""
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = {"id": "uuid", "age": "integer", "first_purchase_at": "timestamptz", "total_expense": "numeric(14,2)",
           "books_amount": "numeric(14,2)"}  # fmt: skip
Customer = dict[str, Any]


@dataclass
class Month:
    """By partner what it can read of a release, and after the erasure that follows it; whom it is about, as an attacker
    knows them who knows everything; and who was erased afterwards."""

    shares: dict[str, Share] = field(default_factory=dict)
    afterwards: dict[str, Share] = field(default_factory=dict)
    people: dict[str, list[Person]] = field(default_factory=dict)
    erased: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class World:
    """`windows` say for how many releases the pseudonyms of a partner may stay."""

    protected: list[Month]
    raw: list[Month]
    windows: dict[str, int]


@dataclass(frozen=True)
class Protections:
    """What the toolkit does, or what a test has in its place."""

    goes_on: Callable[[Any, Policy], bool] = window.goes_on
    rekey: Callable[[Any, list[str]], None] = window.rekey
    release: Callable[[Policy, bool, str], str] = filled_in


def build(settings: Settings, customers: int, seed: int, say: Callable[[str], None], how: Protections | None = None,
          policies: list[Policy] | None = None) -> World:  # fmt: skip
    """All releases, in an empty database."""
    how, policies = how or Protections(), policies or ours()
    chance = random.Random(seed)  # noqa: S311
    world = World([], [], {policy.partner: policy.window for policy in policies})
    people = {customer["id"]: customer for customer in (invented(chance) for _ in range(customers))}
    connect(settings).close()  # which makes the roles
    with contextlib.closing(connect(settings, role=None)) as database, database.cursor() as cursor:
        cursor.execute("create schema if not exists shares")
        for month in range(RELEASES):
            say(f"release {month + 1} of {RELEASES}")
            if month:
                _a_month_later(people, chance, customers)
            with database.transaction():
                protected, raw = _month(database, policies, people, chance, how, month)
            world.protected.append(protected)
            world.raw.append(raw)
    return world


def _month(
    database: psycopg.Connection,
    policies: list[Policy],
    people: dict[str, Customer],
    chance: random.Random,
    how: Protections,
    number: int,
) -> tuple[Month, Month]:
    """A release for everybody, then erasures."""
    protected, raw, cursor = Month(), Month(), database.cursor()
    _write(cursor, people)
    for policy in policies:
        _publish(database, policy, how, BEGIN + timedelta(days=30 * number))
    _look(cursor, policies, protected.shares)
    for policy in policies:
        protected.people[policy.partner], raw.people[policy.partner] = _known(cursor, policy, people)
        raw.shares[policy.partner] = _unprotected(policy, people)
    protected.erased = raw.erased = chance.sample(sorted(people), ERASURES.get(number, 0))
    for person in protected.erased:
        del people[person]
        for policy in policies:
            cursor.execute(f"delete from {_table(policy)} where person = %s", (person,))
    if protected.erased:
        how.rekey(cursor, [_table(policy) for policy in policies])
    _look(cursor, policies, protected.afterwards)
    raw.afterwards = {policy.partner: _unprotected(policy, people) for policy in policies}
    return protected, raw


def ours() -> list[Policy]:
    """Those of the repository, and the second of them for a partner who follows people."""
    found = policies_of(open_project())
    study = next(policy for policy in found if policy.sensitive)
    return [*found, replace(study, partner=f"{study.partner}_following", window=6)]


def invented(chance: random.Random) -> Customer:
    spent = Decimal(int(chance.expovariate(1 / 1200) * 100)) / 100 if chance.random() < 0.85 else Decimal(0)
    first = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(2000))
    return {
        "id": str(UUID(int=chance.getrandbits(128), version=4)),
        "age": None if chance.random() < 0.03 else min(95, max(18, int(chance.gauss(44, 16)))),
        "first_purchase_at": first if spent else None,
        "total_expense": spent,
        "books_amount": (spent * chance.randrange(60) / 100).quantize(Decimal("0.01")),
    }


def _a_month_later(people: dict[str, Customer], chance: random.Random, customers: int) -> None:
    """Of 4,000 people 80 come, 30 go, 20 are corrected, one in 12 has a birthday, one in 5 buys."""
    for person in chance.sample(sorted(people), customers * 30 // 4000):
        del people[person]
    for customer in people.values():
        if customer["age"] is not None and chance.random() < 1 / 12:
            customer["age"] += 1
        if chance.random() < 1 / 5:
            spent = Decimal(chance.randrange(500, 15000)) / 100
            customer["total_expense"] += spent
            customer["books_amount"] += spent if chance.random() < 0.3 else 0
            customer["first_purchase_at"] = customer["first_purchase_at"] or BEGIN
    for person in chance.sample(sorted(people), customers * 20 // 4000):
        people[person]["age"] = 18 + chance.randrange(60)
    for _ in range(customers * 80 // 4000):
        customer = invented(chance)
        people[customer["id"]] = customer


def _write(cursor: psycopg.Cursor, people: dict[str, Customer]) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    cursor.execute(f"drop table if exists customers; create table customers ({columns})")
    with cursor.copy(f"copy customers ({', '.join(COLUMNS)}) from stdin") as copy:
        for customer in people.values():
            copy.write_row([customer[name] for name in COLUMNS])
    cursor.execute(f"analyze customers; {PLANNER.replace('set local', 'set')}")


def _table(policy: Policy) -> str:
    return f"shares.release_{policy.name}"


def _publish(database: psycopg.Connection, policy: Policy, how: Protections, now: datetime) -> None:
    """As `c360 publish` does, but for dbt."""
    table, view = _table(policy), f"shares.share_{policy.name}"
    with database.cursor() as cursor:
        window.ensure_log(cursor)
        goes_on = how.goes_on(cursor, policy)
        if not goes_on:
            keys.renew(cursor, policy.partner)
        cursor.execute("select to_regclass(%s) is not null", (table,))
        compare = cursor.fetchone() == (True,)
        cursor.execute(f"create table shares.made as {how.release(policy, compare and policy.linked, table)}")
        cursor.execute(f"drop table if exists {table} cascade; alter table shares.made rename to {table.split('.')[1]}")
        cursor.execute(f"create view {view} as {view_filled_in(policy, table)}")
    made = (SimpleNamespace(schema=place.split(".")[0], alias=place.split(".")[1]) for place in (table, view))
    product = replace(policy, dataset=replace(policy.dataset, schema="public", table="customers"))
    window.put_down(database, product, *made, now)


def _look(cursor: psycopg.Cursor, policies: list[Policy], shares: dict[str, Share]) -> None:
    for policy in policies:
        cursor.execute(f"select * from shares.share_{policy.name}")
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, map(_text, row), strict=True)) for row in cursor.fetchall()]
        shares[policy.partner] = _share(policy, rows)


def _share(policy: Policy, rows: list[dict[str, str | None]]) -> Share:
    found = [
        Row(str(row["id_pseudonym"]), {name: value for name, value in row.items() if name != "id_pseudonym"})
        for row in rows
    ]
    quasi = tuple(shared.name for shared in policy.quasi)
    if policy.has_steps and rows and LEVEL in rows[0]:
        quasi = (*quasi, LEVEL)
    return Share(policy.partner, policy.k, quasi, policy.sensitive, tuple(found))


def _known(cursor: psycopg.Cursor, policy: Policy, people: dict[str, Customer]) -> tuple[list[Person], list[Person]]:
    """Everybody, as an attacker of the share and of the same columns without protection knows them."""
    cursor.execute(
        f"select inner_pad, outer_pad from {keys.TABLE} where partner = %s order by version", (policy.partner,)
    )
    pads = [(bytes(inner), bytes(outer)) for inner, outer in cursor.fetchall()]
    protected, raw = [], []
    for person, customer in people.items():
        labels, exact = {}, {}
        for shared in (shared for shared in policy.columns if shared.ladder):
            value = customer[shared.column.physical_name]
            assert shared.ladder is not None
            labels[shared.name] = tuple(label(words, value) for words in shared.ladder.descriptions)
            labels[shared.name] += (None,) * (shared not in policy.quasi)  # held back
            exact[shared.name] = (_text(value),)
        names = (hashlib.sha256(o + hashlib.sha256(i + person.encode()).digest()).hexdigest() for i, o in pads)
        protected.append(Person(person, labels, frozenset(names)))
        raw.append(Person(person, exact, frozenset({hashlib.sha256(person.encode()).hexdigest()})))
    return protected, raw


def _unprotected(policy: Policy, people: dict[str, Customer]) -> Share:
    rows: list[dict[str, str | None]] = [
        {"id_pseudonym": hashlib.sha256(person.encode()).hexdigest()}
        | {shared.name: _text(customer[shared.column.physical_name]) for shared in policy.columns if shared.ladder}
        for person, customer in people.items()
    ]
    return _share(policy, rows)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
