"""What test_spark.py runs in Spark's environment, on a copy of the project: `python spark_driver.py CLOCK CASES`.

A parity run; then people grow older and each partner gets a second release; then the marts of Postgres are damaged, one
in each way, and compared again. The stand-in has no Delta, so a second release reads the first one elsewhere.
"""

import json
import sys
from pathlib import Path
from typing import Any

import psycopg2
import spark

OLDER = (  # enough for a release to show, and three for it to hide
    "update analytics.customers_v2 set age = age + 30 where age between 30 and 39 and first_purchase_at is null",
    "update analytics.customers_v2 set age = age + 10 where id in (select id from analytics.customers_v2"
    " where age between 70 and 79 and first_purchase_at is null order by id limit 3)",
)
DAMAGE = [
    "update analytics.customers_v2 set home_and_garden_amount = home_and_garden_amount + 0.01"
    " where id = (select min(id::text)::uuid from analytics.customers_v2)",
    "delete from analytics.next_best_category where rank = 7"
    " and customer_id = (select min(id::text)::uuid from analytics.customers_v2)",
    "update analytics.next_best_category_evaluation set mrr = mrr + 0.0001 where method = 'popularity'",
    "update analytics.transactions_enriched set transaction_date = transaction_date + interval '1 millisecond'"
    " where id = (select min(id::text)::uuid from analytics.transactions_enriched)",
]
compare, shares = spark.compare, spark.shares
built: dict[str, Any] = {}
"""The clock of the run, and its scratch folder."""


def execute(*statements: str) -> None:
    with psycopg2.connect("") as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def shares_and_where(session: Any, as_of: str, scratch: Path) -> list[str]:
    built.update(as_of=as_of, scratch=scratch)
    return shares(session, as_of, scratch)


def release_again(session: Any, release: str) -> None:
    as_of, scratch = built["as_of"], built["scratch"]
    _, _, name = release.partition(".")
    partner = name.removeprefix("release_").partition("__")[0]
    last = release.replace("release_", "last_")
    execute(f"create table first_{partner} as table {release}")
    assert spark.dbt("build --select customer360.sharing", "postgres", as_of, scratch, share=partner)
    assert spark.dbt(f"compile --select {name}", "spark", as_of, scratch, share=partner)
    (compiled,) = (spark.target_of(scratch, "spark", partner) / "compiled").rglob(f"{name}.sql")
    session.sql(f"alter table {release} rename to {last}")
    sql = compiled.read_text().replace(release, last)
    assert sql.count(f" {last}") in (0, 3), sql
    session.sql(f"create table {release} as {sql}")


def compare_thrice(session: Any, relations: list[str]) -> bool:
    cases = json.loads(sys.argv[2])
    for zone in ("UTC", *spark.ZONES):
        session.conf.set("spark.sql.session.timeZone", zone)
        (row,) = session.sql("select " + ", ".join(sql for sql, _ in cases)).collect()
        for (sql, expected), found in zip(cases, row, strict=True):
            assert found == expected, (zone, sql, found)
    session.conf.set("spark.sql.session.timeZone", "UTC")
    equal = compare(session, relations)
    execute(*OLDER)
    spark.load(session, "analytics", "customers_v2", built["scratch"])
    releases = [relation for relation in relations if ".release_" in relation]
    for release in releases:
        release_again(session, release)
    equal = compare(session, releases) and equal
    execute(*DAMAGE)
    compare(session, relations)
    return equal


if __name__ == "__main__":
    spark.compare, spark.shares = compare_thrice, shares_and_where
    sys.exit(spark.main("parity", sys.argv[1]))
