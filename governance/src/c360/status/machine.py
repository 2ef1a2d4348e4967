"""The overview as JSON for machines. The shape is documented in docs/history.md and only grows."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from c360.status.causes import Cause
from c360.status.overview import Overview
from c360.status.sla import Attainment


def as_dict(overview: Overview, wrong: Sequence[Cause]) -> dict[str, Any]:
    """Times are ISO 8601 in UTC; shares lie between 0 and 1."""
    broken = overview.broken()
    by_clause: dict[str, list[dict[str, Any]]] = {}
    for s in overview.standings:
        by_clause.setdefault(s.clause, []).append(
            {
                "stage": s.stage, "engine": s.engine, "outcome": s.outcome, "measured": s.measured, "rows": s.rows,
                "as_of": utc(s.as_of), "since": utc(s.since), "trend": s.trend, "version": s.version,
                "run": s.run_id, "detail": s.detail, "dissent": s.dissent,
            }
        )  # fmt: skip
    return {
        "as_of": utc(overview.as_of),
        "summary": {
            "clauses": overview.known(),
            "holding": overview.count("holds"),
            "broken": len(broken),
            "stale": overview.count("stale"),
            "unknown": overview.count("unknown"),
            "disagreements": len(overview.disagreements),
            "anomalies": len(overview.anomalies),
            "no_longer_promised": overview.gone,
            "erased_30_days": overview.erased,
        },
        "causes": [
            {"about": c.about, "dataset": c.dataset, "level": c.level, "severity": c.colour, "sentence": c.sentence,
             "since": utc(c.since), "why": list(c.why), "clauses": list(c.clauses), "effect": c.effect, "ask": c.ask,
             "command": c.command, "acknowledged": c.acknowledged}
            for c in wrong
        ],
        "disagreements": [
            {"clause": d.clause, "sides": [{"who": who, "outcome": said} for who, said in d.sides]}
            for d in overview.disagreements
        ],
        "runs": [
            {"stage": r.stage, "subject": r.clause, "outcome": r.outcome, "as_of": utc(r.as_of),
             "since": utc(r.since), "detail": r.detail}
            for r in overview.runs
        ],
        "clauses": [
            {
                "clause": name, "contract": overview.clauses[name].contract, "dataset": overview.clauses[name].dataset,
                "kind": overview.clauses[name].kind.name, "dimension": overview.clauses[name].dimension,
                "severity": overview.clauses[name].severity,
                "holds": overview.states[name] == "holds", "state": overview.states[name], "stages": by_clause[name],
            }
            for name in [*broken, *sorted(set(by_clause) - set(broken))]
        ],
        "dimensions": [asdict(dimension) for dimension in overview.dimensions(overview.clauses.values())],
        "unjudged": [
            {"dataset": u.dataset, "clauses": list(u.clauses), "last_judged": utc(u.last),
             "allowed_seconds": u.allowed.total_seconds()}
            for u in overview.unjudged
        ],
        "sla": [
            {
                "dataset": s.dataset, "clause": s.clause, "promise_seconds": s.promise, "holds": s.holds,
                "newest_row": utc(s.newest), "attainment_7_days": _attained(s.week),
                "attainment_30_days": _attained(s.month),
            }
            for s in overview.sla
        ],
        "quarantine": [
            {"dataset": q.dataset, "clause": q.clause, "rows": q.rows, "under_1_day": q.under_a_day,
             "under_7_days": q.under_a_week, "older": q.older, "oldest": utc(q.oldest)}
            for q in overview.quarantine
        ],
        "anomalies": [
            {"series": a.series, "dataset": a.dataset, "kind": a.kind, "at": utc(a.at), "value": a.value,
             "expected": a.expected, "low": a.low, "high": a.high, "score": a.score}
            for a in overview.anomalies
        ],
    }  # fmt: skip


def _attained(attained: Attainment) -> dict[str, Any]:
    return {"hours": attained.hours, "held": attained.held, "share": attained.share}


def utc(time: datetime | None) -> str | None:
    """A time with zone as ISO 8601 in UTC, ending in Z."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z") if time else None
