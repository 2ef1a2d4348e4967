"""Two releases for every partner, made by the commands as anybody types them, and the same columns without protection.

Between the releases some people come, one buys for a lot, one goes, and a crowd of one age comes at once: without the
crowd nothing would change, and nothing be there to look at.
"""

import contextlib
import csv
import hashlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from shop.deliver import deliver

from c360.clause.dialect import POSTGRES
from c360.database import connect, parameters
from c360.database.shell import exported
from c360.project import open_project
from c360.settings import Settings
from c360.share.keys import TABLE
from c360.share.policy import Policy, policies_of
from c360.share.role import role_of

from .attacks import Person, Row, Share
from .labels import label

AS_OF = ("--as-of", "2026-03-01T12:00:00Z")
LOADED = ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")
BUILD = ("--full-refresh", "--select", "+customers", "--exclude", "test_type:data")
"""Anew, since incremental models would keep who is gone; what the shares stand on, and no more."""
LATER = 100
"""People who come between the releases; who of them bought nothing is of one age: the crowd."""
CROWD_BORN = "1990-06-01"
LARGE = "25000.00"


@dataclass(frozen=True)
class Release:
    """By partner what it gets, and the same columns as they are beside a plain hash of the id; and whom it is about."""

    protected: dict[str, Share]
    raw: dict[str, Share]
    people: dict[str, list[Person]]
    raw_people: dict[str, list[Person]]


@dataclass(frozen=True)
class World:
    settings: Settings
    before: Release
    after: Release


def build(settings: Settings, customers: int, seed: int, say: Callable[[str], None]) -> World:
    """Both releases, in an empty database. Raises the errors of the commands."""
    folder = settings.home / "attack"
    say("inventing people")
    for number, (many, sales, loaded) in enumerate(
        ((customers, 7 * customers, LOADED[0]), (LATER, LATER // 5, LOADED[1]))
    ):
        deliver(folder / str(number), many, sales, datetime.fromisoformat(loaded), seed + number)
    _make_crowd(folder / "1", folder / "0")
    say("the first release")
    _deliver(settings, folder / "0")
    c360(settings, "verify", "customers", *AS_OF)
    before = published(settings)
    say("the second release")
    _lose_somebody(settings)
    _deliver(settings, folder / "1")
    return World(settings, before, published(settings))


def published(settings: Settings) -> Release:
    """Publish to everybody, and read what each partner can."""
    for policy in _policies(settings):
        c360(settings, "publish", policy.partner, *AS_OF)
    return read(settings)


def read(settings: Settings) -> Release:
    protected, raw, people, raw_people = {}, {}, {}, {}
    for policy in _policies(settings):
        name = policy.partner
        protected[name] = _share(policy, _of_partner(settings, name))
        raw[name], people[name], raw_people[name] = _unprotected(settings, policy)
    return Release(protected, raw, people, raw_people)


def c360(settings: Settings, *arguments: object) -> None:
    """One command, silent. Raises what it raises."""
    from c360.cli import c360 as command

    said = io.StringIO()
    with _at(settings), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        command.main([str(argument) for argument in arguments], prog_name="c360", standalone_mode=False)


def _at(settings: Settings) -> contextlib.AbstractContextManager[None]:
    """The shell as it is for who works with these settings; Elementary has nothing to say here."""
    return exported({
        "C360_ROOT": str(settings.root), "C360_HOME": str(settings.home),
        "C360_DATABASE_URL": settings.database_url or "", "C360_DBT_PACKAGES": str(settings.home / "none"),
    })  # fmt: skip


def _policies(settings: Settings) -> list[Policy]:
    with _at(settings):
        return policies_of(open_project())


def _deliver(settings: Settings, folder: Path) -> None:
    for dataset in ("contacts", "transactions"):
        c360(settings, "ingest", dataset, folder / f"{dataset}.csv", *AS_OF)
    c360(settings, "build", *BUILD, *AS_OF)


def _make_crowd(folder: Path, earlier: Path) -> None:
    """In the second delivery: one birthdate for who buys nothing, and a large purchase of somebody from the first."""
    (names, people), (columns, sales) = _read(folder / "contacts.csv"), _read(folder / "transactions.csv")
    buyers = {sale["contact_id"] for sale in sales}
    for person in people:
        if person["id"] not in buyers:
            person["birthdate"] = CROWD_BORN
    _, known = _read(earlier / "transactions.csv")
    sales[0] |= {"contact_id": known[0]["contact_id"], "amount": LARGE}
    _write(folder / "contacts.csv", names, people)
    _write(folder / "transactions.csv", columns, sales)


def _lose_somebody(settings: Settings) -> None:
    """Out of the source without a trace; whom `c360 forget` erases leaves a group for good, whatever its size."""
    with (
        contextlib.closing(connect(settings, role=None)) as database,
        database.transaction(),
        database.cursor() as cursor,
    ):
        cursor.execute("select contact_id from raw.transactions order by transaction_date desc, id limit 1")
        person = cursor.fetchone()
        cursor.execute("delete from raw.transactions where contact_id = %s", person)
        cursor.execute("delete from raw.contacts where id = %s", person)


def _of_partner(settings: Settings, partner: str) -> list[dict[str, str | None]]:
    """All that the partner's role can select from, which is one view."""
    login = parameters(settings) | {"user": role_of(partner)}
    login.pop("options", None)
    with contextlib.closing(psycopg.connect(**login)) as database, database.cursor() as cursor:
        cursor.execute(
            "select format('%I.%I', table_schema, table_name) from information_schema.tables "
            "where table_schema not in ('information_schema', 'pg_catalog')"
        )
        ((view,),) = cursor.fetchall()
        cursor.execute(f"select * from {view}")
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, map(_text, row), strict=True)) for row in cursor.fetchall()]


def _share(policy: Policy, rows: Iterable[dict[str, str | None]]) -> Share:
    found = []
    for row in rows:
        pseudonyms = tuple(value for name, value in row.items() if "_pseudonym" in name and value)
        found.append(Row(pseudonyms, {name: value for name, value in row.items() if "_pseudonym" not in name}))
    quasi = tuple(shared.name for shared in policy.quasi)
    return Share(policy.partner, policy.k, quasi, policy.sensitive, tuple(found))


def _unprotected(settings: Settings, policy: Policy) -> tuple[Share, list[Person], list[Person]]:
    """The same columns as they are, and whom they are about as an attacker of the share and of this knows them."""
    quote, columns = POSTGRES.quote, [shared for shared in policy.columns if shared.ladder]
    wanted = ", ".join(quote(name) for name in (policy.person, *(shared.column.physical_name for shared in columns)))
    with contextlib.closing(connect(settings, role=None)) as database, database.cursor() as cursor:
        cursor.execute(f"select {wanted} from {quote(policy.dataset.schema)}.{quote(policy.dataset.table)} order by 1")
        rows = cursor.fetchall()
        cursor.execute(
            f"select inner_pad, outer_pad from {TABLE} where partner = %s and inner_pad is not null", (policy.partner,)
        )
        keys = [(bytes(inner), bytes(outer)) for inner, outer in cursor.fetchall()]
    raw, people, raw_people = [], [], []
    for id_, *values in rows:
        person = str(id_)
        exact = {shared.name: _text(value) for shared, value in zip(columns, values, strict=True)}
        labels = {
            shared.name: tuple(label(words, value) for words in shared.ladder.descriptions)  # type: ignore[union-attr]
            for shared, value in zip(columns, values, strict=True)
        }
        plain = hashlib.sha256(person.encode()).hexdigest()
        hmacs = (hashlib.sha256(o + hashlib.sha256(i + person.encode()).digest()).hexdigest() for i, o in keys)
        raw.append({"id_pseudonym": plain, **exact})
        people.append(Person(person, labels, frozenset(hmacs)))
        raw_people.append(Person(person, {name: (value,) for name, value in exact.items()}, frozenset({plain})))
    return _share(policy, raw), people, raw_people


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or ()), list(reader)


def _write(path: Path, names: list[str], rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
