"""What a release costs a million customers: `python -m integration_tests.bench.shares [--customers N]`.

Beside a plain `create table as select` of the same columns, in turns: the first release, one after another in which one
in a hundred customers moved and a few came and went, and reading all pseudonyms, which are made when the view is read.
Nothing here gates a test: machines differ, and so do their neighbours.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from c360.clause.dialect import POSTGRES
from c360.engine.postgres import connect, server
from c360.project import open_project
from c360.share.keys import normalized, pads
from c360.share.policy import Policy
from governance.tests.generate.filled_in import filled_in

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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m integration_tests.bench.shares", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each kind; the median counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as folder:
        project = open_project()
        settings = replace(project.settings, home=Path(folder), database_url=None)
        policy = next(policy for policy in project.policies if policy.partner == "harbour_media")
        server.start(settings)
        try:
            with connect(settings, role=None) as connection, connection.cursor() as cursor:
                _measure(cursor, policy, options)
        finally:
            server.stop(settings)


def _measure(cursor: Any, policy: Policy, options: argparse.Namespace) -> None:
    cursor.execute(f"create table customers as {CUSTOMERS.format(options.customers)}; analyze customers")
    pseudonym = POSTGRES.hmac("inner_pad", "outer_pad", POSTGRES.utf8(normalized("cast(person as text)")))
    reading = (
        f"select count({pseudonym}) from published, (select {pads('key')} from (select '\\x00'::bytea as key) as k)"
    )
    cursor.execute("set local enable_mergejoin = off; set local enable_nestloop = off")  # as the model has it
    first, again = (filled_in(policy, compare) for compare in (False, True))
    plain, others = [], {"the first release": [], "reading its pseudonyms": [], "a release after another": []}
    for _ in range(options.repeat):
        plain.append(_timed(cursor, f"create table made as {PLAIN}"))
        others["the first release"].append(_timed(cursor, f"create table made as {first}", keep=True))
        others["reading its pseudonyms"].append(_timed(cursor, f"{reading} as pads (inner_pad, outer_pad)"))
        cursor.execute(f"savepoint changed; {CHANGES}; analyze customers")
        others["a release after another"].append(_timed(cursor, f"create table made as {again}"))
        cursor.execute("rollback to savepoint changed")
    base = statistics.median(plain)
    print(f"{options.customers:,} customers:\n  {'create table as select of the same columns':45} {base:7.2f} s")
    for name, seconds in others.items():
        ratio = statistics.median(seconds) / base
        print(f"  {name:45} {statistics.median(seconds):7.2f} s  ratio {ratio:5.1f}  (goal {GOAL})")


def _timed(cursor: Any, sql: str, keep: bool = False) -> float:
    start = time.perf_counter()
    cursor.execute(sql)
    seconds = time.perf_counter() - start
    if keep:
        cursor.execute("drop table if exists published; alter table made rename to published; analyze published")
    cursor.execute("drop table if exists made")
    return seconds


if __name__ == "__main__":
    main()
