"""`c360 status`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c360.console import (
    as_of_option,
    clock,
    coloured,
    connected,
    contracts_option,
    json_option,
    print_json,
    print_table,
)
from c360.printable import counted, number, percent, span, when

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from psycopg import Connection

    from c360.ledger.standings import Standing
    from c360.project import Project
    from c360.share.living import Ended
    from c360.status.causes import Cause
    from c360.status.overview import Overview


@click.command(
    epilog="""\b
Examples:
  c360 status
  c360 status --all
  c360 status --fail
  c360 status --as-of 2026-03-01T12:00:00Z --json"""
)
@click.option("--all", "everything", is_flag=True, help="Every clause, not just what is broken.")
@click.option("--fail", is_flag=True, help="Exit 1 when anything is broken, 2 when anything is stale or unknown.")
@as_of_option
@contracts_option
@json_option
def status(everything: bool, fail: bool, as_of: str | None, contracts: Path | None, as_json: bool) -> None:
    """What is wrong, since when, why, what follows and who answers; then the last outcome of each clause by stage.

    One line a cause comes first, then disagreements and what is broken. SLA attainment is the share of whole hours in
    which the freshness promise held; hours before the first delivery on record are not counted. The gate's numbers
    are rows of the last delivery, the tables' numbers are rows that are in them now.

    A verdict is stale if it is older than the freshness that its dataset promises, by default 2 days. A clause with a
    stale verdict neither holds nor is broken. With --fail, for CI, a clause that no stage ever judged counts as stale,
    and a breach of severity warning is no failure. A share that has ended, or that has no policy, is named until it is
    withdrawn. It counts as broken.
    """
    from c360.project import open_project

    project = open_project(contracts)
    now = read(project, connected(project.settings), clock(as_of) if as_of else None)
    overview, wrong, ended = now.overview, now.wrong, now.ended
    if as_json:
        print_json(now.as_dict())
    elif not overview.standings and not overview.runs:
        click.echo("Nothing is on record yet. Run: c360 demo")
    else:
        _sentences(wrong, everything)
        _show(overview, everything)
    for one in () if as_json else ended:
        click.echo(f"Still to be read: {one}. {one.remedy}")
    if fail and (ended or overview.exit_code()):
        raise click.exceptions.Exit(1 if ended else overview.exit_code())


@dataclass(frozen=True)
class Now:
    """All that status tells: what is on record, what is wrong by it, and shares that go on though they have ended."""

    overview: "Overview"
    wrong: "tuple[Cause, ...]"
    ended: "list[Ended]"

    def as_dict(self) -> dict[str, Any]:
        """In the shape of docs/history.md."""
        from c360.status.machine import as_dict

        return as_dict(self.overview, self.wrong) | {"ended_shares": [vars(one) for one in self.ended]}


def read(project: "Project", database: "Connection", as_of: "datetime | None") -> Now:
    """How things stand at a time (with time zone), or by the clock of the newest run."""
    from c360.ledger.alerts import acknowledged
    from c360.ledger.tables import prepare
    from c360.lineage import lineage
    from c360.share.living import ended_here
    from c360.status.causes import causes
    from c360.status.overview import clock_of, read_overview

    prepare(database)
    overview = read_overview(database, project.catalog, clock_of(database, as_of))
    users = lineage(project, overview.as_of.date())
    wrong = causes(overview, project.catalog, users, acknowledged(database, overview.as_of))
    return Now(overview, wrong, ended_here(project.settings, overview.as_of.date()))


def _sentences(wrong: "Sequence[Cause]", everything: bool) -> None:
    """What is wrong, a line a cause, the worst first; what only follows from another cause is left out."""
    for cause in wrong:
        if everything or cause.level not in ("behind", "new"):
            click.echo(coloured(f"{cause.level}: {cause.sentence}", cause.colour))
    if wrong:
        click.echo()


def _show(overview: "Overview", everything: bool) -> None:
    if overview.disagreements:
        print_table(
            ["disagreement", "says", "outcome"],
            [[d.clause, side, said] for d in overview.disagreements for side, said in d.sides],
        )
    broken_runs = [run for run in overview.runs if run.broken]
    if broken_runs:
        print_table(
            ["stage", "dataset", "outcome", "since", "why"],
            [
                [r.stage, "" if r.clause == "*" else r.clause, r.outcome, when(r.since), r.detail or ""]
                for r in broken_runs
            ],
        )
    broken = overview.broken()
    shown = sorted(overview.clauses) if everything else broken
    if shown:
        _clauses(overview, shown)
    _unjudged(overview)
    _sla(overview)
    _quarantine(overview, everything)
    if overview.anomalies:
        print_table(
            ["anomaly", "at", "value", "usual", "range"],
            [
                [a.series, when(a.at), number(a.value), number(a.expected), f"{number(a.low)} … {number(a.high)}"]
                for a in overview.anomalies
            ],
        )
    known = overview.known()
    recovered = overview.recovered()
    if recovered:
        more = f" and {len(recovered) - 3} more" if len(recovered) > 3 else ""
        click.echo(f"Recovered in their last run: {', '.join(recovered[:3])}{more}.")
    parts = [f"{overview.count('holds')} of {known} clauses hold at every stage"]
    if overview.disagreements:
        parts.append(counted(len(overview.disagreements), "disagreement", "disagreements"))
    if overview.anomalies:
        parts.append(counted(len(overview.anomalies), "anomaly", "anomalies"))
    if overview.gone:
        parts.append(f"{overview.gone} clauses on record are in no contract any more")
    if overview.erased:
        parts.append(f"{overview.erased:,} rows of people who were forgotten were delivered in 30 days, and erased")
    hint = "" if everything else " See all of them: c360 status --all"
    click.echo(f"As of {when(overview.as_of)} UTC: {'; '.join(parts)}.{hint}")


def _clauses(overview: "Overview", shown: list[str]) -> None:
    from c360.status.overview import STAGES
    from c360.status.state import since, trend_of

    by_clause: dict[str, dict[str, Standing]] = {}
    for s in overview.standings:
        by_clause.setdefault(s.clause, {})[s.stage] = s
    shown = [clause for clause in shown if clause in by_clause]
    there = {s.stage for clause in shown for s in by_clause[clause].values()}
    stages = [stage for stage in STAGES if stage in there] + sorted(there - set(STAGES))
    rows = []
    for clause in shown:
        found = by_clause[clause]
        told = list(found.values())
        began, state = since(told), overview.states[clause]
        cells = [cell(found.get(stage)) for stage in stages]
        rows.append([clause, state, *cells, when(began) if began else "", trend_of(told)])
    print_table(["clause", "state", *stages, "since", "trend"], rows)


def _unjudged(overview: "Overview") -> None:
    if overview.unjudged:
        print_table(
            ["no verdict on", "clauses", "last judged", "at most ago"],
            [
                [u.dataset, str(len(u.clauses)), when(u.last) if u.last else "never", span(u.allowed.total_seconds())]
                for u in overview.unjudged
            ],
        )


def cell(s: "Standing | None") -> str:
    """An outcome, the rows that break it, and the engine where it is not the stage's usual one."""
    if s is None:
        return ""
    usual = {"gate": "soda", "replay": "split", "build": "dbt", "verify": "datacontract"}.get(s.stage, s.engine)
    rows = f" {s.rows:,}" if s.rows else ""
    return f"{s.outcome}{rows}" + ("" if s.engine == usual else f" ({s.engine})")


def _sla(overview: "Overview") -> None:
    if overview.sla:
        print_table(
            ["freshness", "promise", "now", "7 days", "30 days", "newest row"],
            [
                [
                    s.dataset, span(s.promise), "holds" if s.holds else "broken", percent(s.week.share, s.week.hours),
                    percent(s.month.share, s.month.hours), when(s.newest) if s.newest else "none",
                ]
                for s in overview.sla
            ],
        )  # fmt: skip


def _quarantine(overview: "Overview", everything: bool) -> None:
    if not overview.quarantine:
        return
    shown = overview.quarantine if everything else overview.quarantine[:5]
    print_table(
        ["in quarantine", "rows", "< 1 day", "< 7 days", "older", "since"],
        [
            [q.clause, f"{q.rows:,}", f"{q.under_a_day:,}", f"{q.under_a_week:,}", f"{q.older:,}", when(q.oldest)]
            for q in shown
        ],
    )
    if len(shown) < len(overview.quarantine):
        click.echo(f"… and {len(overview.quarantine) - len(shown)} clauses more: c360 quarantine list\n")
