"""Status: the last outcome of each clause, by engine."""

from typing import Any

import click

from c360.console import contracts_option, json_option, print_json, print_table

_LAST = """
select distinct on (clause, engine, stage)
    clause, stage, engine, outcome, measured, rows, contract, version,
    to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as at_utc
from governance.history
order by clause, engine, stage, at desc
"""


@click.command(
    epilog="""\b
Examples:
  c360 status
  c360 status --all
  c360 status --json"""
)
@click.option("--all", "everything", is_flag=True, help="Every clause, not just what is broken.")
@contracts_option
@json_option
def status(everything: bool, contracts: Any, as_json: bool) -> None:
    """The last outcome of each clause by stage and engine; what is broken comes first."""
    from c360.database import connect
    from c360.database.tables import prepare
    from c360.settings import load

    database = connect(load())
    prepare(database)
    with database.cursor() as cursor:
        cursor.execute(_LAST)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("Nothing is on record yet. Run: c360 demo")
        return
    engines = sorted({(row["stage"], row["engine"]) for row in rows}, key=_order)
    by_clause: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for row in rows:
        by_clause.setdefault(row["clause"], {})[row["stage"], row["engine"]] = row
    broken = {c: found for c, found in by_clause.items() if any(r["outcome"] != "passed" for r in found.values())}
    shown = by_clause if everything else broken
    if shown:
        print_table(
            ["clause", *(f"{stage} ({engine})" for stage, engine in engines)],
            [[c, *(_cell(found.get(e)) for e in engines)] for c, found in sorted(shown.items())],
        )
    click.echo(
        f"{len(by_clause) - len(broken)} of {len(by_clause)} clauses hold at every stage."
        + ("" if everything or not by_clause else " See all of them: c360 status --all")
    )


_STAGES = ["gate", "replay", "build", "verify", "publish"]


def _order(pair: tuple[str, str]) -> tuple[int, str]:
    stage, engine = pair
    return (_STAGES.index(stage) if stage in _STAGES else len(_STAGES), engine)


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    return row["outcome"] + (f" {row['rows']:,}" if row["rows"] else "")
