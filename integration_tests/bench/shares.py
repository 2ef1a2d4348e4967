"""What a share costs a million customers: `python -m integration_tests.bench.shares [--customers N]`.

Beside two copies, in turns: a plain `create table as select` of the columns that the share is made of, and one of those
that the partner gets, pseudonyms too, which protects nobody. A release comes first, or after another in which one in a
hundred customers moved and a few came and went; a partner who reads all of it copies the view into a table.
Nothing here gates a test: machines differ, and so do their neighbours.
"""

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from c360.database import connect, server
from c360.project import open_project
from c360.share.models import PLANNER
from c360.share.policy import Policy, policies_of
from governance.tests.generate.filled_in import filled_in, unprotected, view_filled_in

GOAL = 3.0
PLAIN = "select id, age, first_purchase_at, total_expense from customers"
CUSTOMERS = """
    select gen_random_uuid() as id, 18 + floor(random() * 70)::int as age,
        case when random() < 0.9 then timestamptz '2020-01-01+00' + random() * interval '6 years' end
            as first_purchase_at,
        (random() * random() * 5000)::numeric(14, 2) as total_expense
    from generate_series(1, {})"""
CHANGES = """
    update customers set age = age + 1 where random() < 0.01;
    delete from customers where random() < 0.001;
    insert into customers select gen_random_uuid(), age, first_purchase_at, total_expense from customers
    where random() < 0.005"""
KEY = """
    create schema sharing;
    create table sharing.key (partner text, version int, inner_pad bytea, outer_pad bytea, retires timestamptz);
    insert into sharing.key values (%s, 1, decode(repeat('36', 64), 'hex'), decode(repeat('5c', 64), 'hex'), null)"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m integration_tests.bench.shares", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each kind; the median counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as folder:
        project = open_project()
        settings = replace(project.settings, home=Path(folder), database_url=None)
        policy = next(policy for policy in policies_of(project) if policy.partner == "harbour_media")
        server.start(settings)
        try:
            with connect(settings, role=None) as connection, connection.transaction(), connection.cursor() as cursor:
                _measure(cursor, policy, options)
        finally:
            server.stop(settings)


def _measure(cursor: Any, policy: Policy, options: argparse.Namespace) -> None:
    cursor.execute(f"create table customers as {CUSTOMERS.format(options.customers)}; analyze customers")
    cursor.execute(KEY, (policy.partner,))
    cursor.execute(PLANNER)
    first, again = (filled_in(policy, compare) for compare in (False, True))
    view, nobody_protected = (view_filled_in(policy, of) for of in ("published", unprotected(policy)))
    took = defaultdict(list)
    for _ in range(options.repeat):
        took["plain"].append(_timed(cursor, PLAIN))
        took["shared"].append(_timed(cursor, nobody_protected))
        took["first"].append(_timed(cursor, first, keep=True))
        took["read"].append(_timed(cursor, view))
        cursor.execute(f"savepoint changed; {CHANGES}; analyze customers")
        took["again"].append(_timed(cursor, again))
        cursor.execute("rollback to savepoint changed")
    median = {name: statistics.median(seconds) for name, seconds in took.items()}
    print(f"{options.customers:,} customers, seconds, and how many times a copy (goal {GOAL}):")
    print(f"  {'':48} {'':>7} {'plain':>7} {'shared':>7}")
    for told, names in {
        "plain: the columns as they are": ["plain"],
        "shared: the columns that the partner gets": ["shared"],
        "the first release": ["first"],
        "the first release, and all of it read": ["first", "read"],
        "a release after another": ["again"],
        "a release after another, and all of it read": ["again", "read"],
    }.items():
        seconds = sum(median[name] for name in names)
        print(f"  {told:48} {seconds:7.2f} {seconds / median['plain']:7.1f} {seconds / median['shared']:7.1f}")


def _timed(cursor: Any, query: str, keep: bool = False) -> float:
    start = time.perf_counter()
    cursor.execute(f"create table made as {query}")
    seconds = time.perf_counter() - start
    if keep:
        cursor.execute("drop table if exists published; alter table made rename to published; analyze published")
    cursor.execute("drop table if exists made")
    return seconds


if __name__ == "__main__":
    main()
