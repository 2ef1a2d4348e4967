"""Causes: what is wrong with each dataset, one entry a cause, in the words that pages, `c360 status` and alerts share.

A delivery that is refused is one cause, whatever clauses it broke; so are the rows set aside of one, and a source that
nothing came for. Pure: what is read is in the overview, and what is built on what in `lineage`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from c360.clause.description import breach
from c360.clause.kinds import FRESHNESS
from c360.contract.catalog import Catalog
from c360.ledger.alerts import Acknowledged
from c360.ledger.deliveries import Arrival
from c360.ledger.standings import Standing
from c360.lineage import Users, upstream
from c360.model import Contract, Dataset
from c360.printable import age, counted, listed, number, span, when
from c360.status.anomalies import Anomaly
from c360.status.overview import Overview, Sla, Unjudged

Level = Literal["refused", "late", "broken", "unknown", "aside", "stale", "behind", "warned", "new", "holds"]
LEVELS: tuple[Level, ...] = (
    "refused", "late", "broken", "unknown", "aside", "stale", "behind", "warned", "new", "holds",
)  # fmt: skip
"""From bad to good. `late`: no delivery keeps the freshness promise; `aside`: rows in quarantine; `unknown`: a stage
could not judge; `stale`: nobody judged lately; `behind`: a product whose source is refused or late; `warned`: what the
contract only warns of, and unusual values; `new`: nobody has judged it yet."""
Colour = Literal["red", "amber", "grey", "green"]
_COLOURS: dict[Level, Colour] = {"refused": "red", "late": "red", "broken": "red", "warned": "grey", "new": "grey",
                            "holds": "green"}  # fmt: skip


_MINUTE = timedelta(minutes=1)


def colour(level: Level) -> Colour:
    return _COLOURS.get(level, "amber")


@dataclass(frozen=True)
class Cause:
    """One thing that is wrong. `about` names it as long as it lasts; `dataset` is empty for a stage of all of them.

    `what` begins the sentence, `since` is in UTC, `why` says what broke, the worst first, `effect` what follows, `ask`
    who answers; `clauses` are ids, `command` shows more. None holds a value of the data.
    """

    about: str
    dataset: str
    level: Level
    what: str
    since: datetime | None
    why: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    effect: str = ""
    ask: str = ""
    command: str = ""
    label: str = ""
    """A word or two for where a sentence does not fit; the level where it is empty."""
    lasting: str = ""
    """How long it has been so; empty for less than a minute."""
    acknowledged: str = ""
    """Who is on it until when, where somebody said so."""

    @property
    def colour(self) -> Colour:
        return colour(self.level)

    @property
    def anchor(self) -> str:
        """Its place on the page of its contract."""
        return "cause-" + "".join(ch if ch.isalnum() or ch in "-_." else "-" for ch in self.about)

    @property
    def reason(self) -> str:
        """The worst of `why`, and how many clauses more there are."""
        more = len(self.why) - 1
        return (
            self.why[0] + (f", and {counted(more, 'clause', 'clauses')} more" if more > 0 else "") if self.why else ""
        )

    @property
    def began(self) -> str:
        """` since 2026-03-10 12:00 UTC (2 hours)`; empty where that is not known."""
        lasting = f" ({self.lasting})" if self.lasting else ""
        return f" since {when(self.since)} UTC{lasting}" if self.since else ""

    @property
    def headline(self) -> str:
        """What, since when and why."""
        return f"{self.what}{self.began}" + (f": {self.reason}" if self.reason else "")

    @property
    def sentence(self) -> str:
        """All of it on one line."""
        return " ".join(
            f"{part.rstrip('.')}." for part in (self.headline, self.effect, self.ask, self.acknowledged) if part
        )


def causes(
    overview: Overview,
    catalog: Catalog,
    lineage: Mapping[str, Users],
    acknowledged: Mapping[str, Acknowledged] | None = None,
) -> tuple[Cause, ...]:
    """All that is wrong, the worst first. `acknowledged` is by `about`; what began after it, is not."""
    found: list[Cause] = []
    for contract, dataset in catalog.pairs():
        users = lineage.get(dataset.name, Users())
        own = list(_of_dataset(overview, contract, dataset))
        found += [replace(cause, effect=_effect(cause, users), ask=_ask(contract)) for cause in own]
    found += _of_stages(overview, found)
    behind = list(_behind(overview, catalog, lineage, found))
    found = [*_not_built(overview, found, {cause.dataset for cause in behind}), *behind]
    found = [_timed(cause, overview.as_of, (acknowledged or {}).get(cause.about)) for cause in found]
    return tuple(sorted(found, key=lambda cause: (LEVELS.index(cause.level), cause.dataset, cause.about)))


def _timed(cause: Cause, as_of: datetime, known: Acknowledged | None) -> Cause:
    lasting = age((as_of - cause.since).total_seconds()) if cause.since and as_of - cause.since >= _MINUTE else ""
    on_it = ""
    if known and known.until > as_of and (cause.since is None or cause.since <= known.as_of):
        on_it = f"{known.by} is on it until {when(known.until)} UTC" + (f": {known.reason}" if known.reason else "")
    return replace(cause, lasting=lasting, acknowledged=on_it)


def of(found: Iterable[Cause], names: Iterable[str]) -> tuple[Cause, ...]:
    """Those of some datasets."""
    wanted = set(names)
    return tuple(cause for cause in found if cause.dataset in wanted)


def level_of(found: Iterable[Cause]) -> Level:
    """The worst of what is wrong; holds where nothing is."""
    return min((cause.level for cause in found), key=LEVELS.index, default="holds")


def good(overview: Overview, dataset: Dataset) -> str:
    """The sentence about a dataset that nothing is wrong with."""
    states = [overview.states[c.id] for c in dataset.clauses if c.id in overview.states]
    last = next((a for a in reversed(overview.arrivals.get(dataset.name, ())) if a.outcome == "accepted"), None)
    built = built_at(overview, dataset.name)
    came = ""
    if last is not None:
        came = f"; {last.promoted:,} rows delivered {_ago(overview, last.as_of)}"
    elif built is not None:
        came = f"; built {_ago(overview, built)}"
    return f"{dataset.name} holds: {states.count('holds')} of {len(states)} clauses{came}."


def built_at(overview: Overview, name: str) -> datetime | None:
    """When dbt last judged the dataset, by the clock of that run."""
    return max((s.as_of for s in overview.standings if s.dataset == name and s.stage == "build"), default=None)


def _of_dataset(overview: Overview, contract: Contract, dataset: Dataset) -> Iterator[Cause]:
    standings = [s for s in overview.standings if s.dataset == dataset.name]
    taken = [a for a in overview.arrivals.get(dataset.name, ()) if a.outcome in ("accepted", "refused")]
    sla = next((s for s in overview.sla if s.dataset == dataset.name), None)
    arrival = _refused(overview, dataset, standings, taken, sla) or _late(overview, dataset, taken, sla)
    ages = {clause.id for clause in FRESHNESS.of(dataset)} if arrival else set()
    at_gate = _at_the_gate_of(taken[-1]) if taken and taken[-1].outcome == "refused" else None
    rest = [s for s in standings if s.broken and s.clause not in ages and (s.stage, s.as_of) != at_gate]
    if arrival:
        yield arrival
    lost = [s for s in rest if s.outcome == "failed" and _loses_rows(overview, s)]
    if lost:
        yield _aside(overview, dataset, lost, taken)
    broken = [s for s in rest if s.outcome == "failed" and s not in lost]
    if broken:
        where = " and ".join(dict.fromkeys(s.stage for s in broken))
        what = f"{counted(len({s.clause for s in broken}), 'clause is', 'clauses are')} broken at {where}"
        yield _clauses(overview, dataset, "broken", what, broken)
    untold = [s for s in rest if s.outcome == "errored"]
    if untold:
        what = f"{untold[0].stage} could not judge {counted(len({s.clause for s in untold}), 'clause', 'clauses')}"
        yield _clauses(overview, dataset, "unknown", what, untold)
    warned = [s for s in rest if s.outcome == "warned"]
    if warned:
        what = counted(len({s.clause for s in warned}), "warning", "warnings")
        yield _clauses(overview, dataset, "warned", what, warned)
    for run in overview.runs:
        ended = taken[-1].as_of if taken else None
        if run.clause == dataset.name and run.broken and not (run.outcome == "failed" and run.as_of == ended):
            text = f"{dataset.name}: the {run.stage} could not take a delivery"
            yield Cause(f"{dataset.name} {run.stage}", dataset.name, "unknown", text, run.since, _detail(run))
    for d in overview.disagreements:
        if d.dataset == dataset.name:
            said = ", ".join(f"{who} says {outcome}" for who, outcome in d.sides)
            what = f"{dataset.name}: engines disagree on {d.clause}"
            yield Cause(f"disagreement {d.clause}", dataset.name, "unknown", what, None, (said,), (d.clause,))
    told = {f"{clause}@{stage}" for clause in ages for stage in ("gate", "verify")}  # by other causes already
    told |= {_set_aside(dataset.name)} if lost else set()
    yield from (_unusual(overview, a) for a in overview.anomalies if a.dataset == dataset.name and a.series not in told)
    for unjudged in overview.unjudged:
        if unjudged.dataset == dataset.name and not arrival:
            yield from _unjudged(overview, dataset, unjudged)


def _refused(
    overview: Overview, dataset: Dataset, standings: Sequence[Standing], taken: Sequence[Arrival], sla: Sla | None
) -> Cause | None:
    if not taken or taken[-1].outcome != "refused":
        return None
    last = taken[-1]
    streak = next((n for n, a in enumerate(reversed(taken)) if a.outcome != "refused"), len(taken))
    broken = [s for s in standings if s.broken and (s.stage, s.as_of) == _at_the_gate_of(last)]
    of_all = [s for s in broken if s.rows is None]
    why = [breach(overview.clauses[s.clause], s.measured) for s in of_all] or [last.reason or "no reason is on record"]
    rows = sorted((s for s in broken if s.rows), key=lambda s: (-(s.rows or 0), s.clause))
    why += [breach(overview.clauses[s.clause], s.measured, s.rows) for s in rows]
    which = f"the delivery of {last.delivered:,} rows was" if streak == 1 else f"the last {streak} deliveries were"
    accepted = next((a for a in reversed(taken) if a.outcome == "accepted"), None)
    kept = f"; the last accepted one is of {when(accepted.as_of)} UTC" if accepted else "; none was accepted yet"
    clauses = tuple(
        dict.fromkeys([s.clause for s in (*of_all, *rows)] + ([sla.clause] if sla and _missed(sla) else []))
    )
    return Cause(
        f"{dataset.name} delivery", dataset.name, "refused", f"{dataset.name}: {which} refused",
        taken[len(taken) - streak].as_of, (why[0] + kept, *why[1:]), clauses,
        command=f"c360 quarantine show {dataset.name} --delivery {last.id}" if rows else "c360 status",
    )  # fmt: skip


def _late(overview: Overview, dataset: Dataset, taken: Sequence[Arrival], sla: Sla | None) -> Cause | None:
    if sla is None or not _missed(sla):
        return None
    last = max((a.as_of for a in taken), default=None)
    if last and overview.as_of - last <= timedelta(seconds=sla.promise):
        what = f"{dataset.name}: no fresh rows, though a delivery came {_ago(overview, last)}"
    else:
        what = f"{dataset.name}: no delivery came" + (f" after {when(last)} UTC" if last else "")
    clause = overview.clauses[sla.clause]
    why = breach(clause, (overview.as_of - sla.newest).total_seconds() if sla.newest else -1.0)
    since = sla.newest + timedelta(seconds=sla.promise) if sla.newest else None
    level: Level = "warned" if clause.severity == "warning" else "late"
    return Cause(
        f"{dataset.name} delivery", dataset.name, level, f"{what}; the promise is broken", since, (why,), (sla.clause,),
        command="c360 status",
    )  # fmt: skip


def _missed(sla: Sla | None) -> bool:
    return sla is not None and not sla.holds and bool(sla.month.hours)


def _aside(overview: Overview, dataset: Dataset, lost: Sequence[Standing], taken: Sequence[Arrival]) -> Cause:
    last = next((a for a in reversed(taken) if a.outcome == "accepted"), None)
    gate = [s for s in lost if s.stage == "gate"]
    if gate and last and last.quarantined:
        share = _percent(last.quarantined / last.delivered)
        odd = next((a for a in overview.anomalies if a.series == _set_aside(dataset.name)), None)
        usual = f", usually at most {_percent(odd.high)}" if odd else ""
        what = f"{last.quarantined:,} of {last.delivered:,} rows ({share}{usual}) were set aside"
        label = f"{last.quarantined:,} rows aside ({share})"
    else:
        label = "rows aside"
        what = f"rows are set aside for {counted(len({s.clause for s in lost}), 'clause', 'clauses')}"
    cause = _clauses(overview, dataset, "aside", what, lost)
    command = f"c360 quarantine show {dataset.name}"
    return replace(cause, about=f"{dataset.name} rows", command=command, label=label)


def _set_aside(dataset: str) -> str:
    """The series of the share of rows in quarantine."""
    return f"{dataset}.quarantined"


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.0005 else "under 0.1%"


def _clauses(overview: Overview, dataset: Dataset, level: Level, what: str, found: Sequence[Standing]) -> Cause:
    """One cause out of clauses that do not hold: each is said once, with the rows of the stage that counts the most."""
    by_clause: dict[str, Standing] = {}
    for s in sorted(found, key=lambda s: (-(s.rows or 0), s.clause)):
        by_clause.setdefault(s.clause, s)
    why = [
        breach(overview.clauses[s.clause], s.measured, s.rows)
        + (f" ({s.detail})" if level == "unknown" and s.detail else "")
        for s in by_clause.values()
    ]
    kind = {"broken": "clauses", "warned": "warnings"}.get(level, level)
    since = min(s.since for s in found)
    about = f"{dataset.name} {kind}"
    return Cause(
        about,
        dataset.name,
        level,
        f"{dataset.name}: {what}",
        since,
        tuple(why),
        tuple(by_clause),
        command="c360 status",
    )


def _loses_rows(overview: Overview, s: Standing) -> bool:
    return s.stage in ("gate", "replay") and overview.clauses[s.clause].kind.loses_rows


def _at_the_gate_of(arrival: Arrival) -> tuple[str, datetime]:
    return "gate", arrival.as_of


def _unusual(overview: Overview, a: Anomaly) -> Cause:
    clause = overview.clauses.get(a.series.partition("@")[0])
    shown: Callable[[float], str] = number
    if a.kind == "share":
        shown = _percent
    elif a.kind == "count":
        shown = lambda value: f"{value:,.0f}"  # noqa: E731
    elif clause is not None and clause.kind.ages:
        shown = age
    named = {f"{a.dataset}.delivered": "rows delivered", _set_aside(a.dataset): "of the rows set aside"}
    text = f"{a.dataset}: {shown(a.value)} {named.get(a.series, f'measured for {a.series}')} on {when(a.at)} UTC"
    about = f"anomaly {a.series} {a.at:%Y-%m-%dT%H:%M:%S}"
    usual = f"usual for that weekday is {shown(a.low)} to {shown(a.high)}"
    return Cause(about, a.dataset, "warned", text, None, (usual,))


def _unjudged(overview: Overview, dataset: Dataset, u: Unjudged) -> Iterator[Cause]:
    if u.last is None:
        judged = any(s.dataset == dataset.name and s.outcome == "passed" for s in overview.standings)
        many = f"{counted(len(u.clauses), 'clause', 'clauses')} never judged" if judged else "not judged yet"
        yield Cause(f"{u.dataset} new", u.dataset, "new", f"{u.dataset}: {many}", None)
        return
    what = f"{u.dataset}: not judged for {age((overview.as_of - u.last).total_seconds())}"
    why = f"judged last on {when(u.last)} UTC; {span(u.allowed.total_seconds())} may pass"
    if u.last < overview.as_of - u.allowed:
        yield Cause(
            f"{u.dataset} stale", u.dataset, "stale", what, u.last + u.allowed, (why,), u.clauses, command="c360 build"
        )


def _of_stages(overview: Overview, found: Sequence[Cause]) -> Iterator[Cause]:
    """Runs over everything that did not end well, but for what their clauses tell already."""
    told = {clause for cause in found for clause in cause.clauses}
    for run in overview.runs:
        at = {s.clause for s in overview.standings if s.broken and s.stage == run.stage and s.as_of == run.as_of}
        if run.clause == "*" and run.broken and not at & told:
            level: Level = "broken" if run.outcome == "failed" else "unknown"
            how = "did not hold" if run.outcome == "failed" else "did not come to its end"
            yield Cause(
                f"run {run.stage}",
                "",
                level,
                f"{run.stage} {how}",
                run.since,
                _detail(run),
                command=f"c360 {run.stage}",
            )


def _detail(run: Standing) -> tuple[str, ...]:
    return (run.detail,) if run.detail else ()


def _behind(
    overview: Overview, catalog: Catalog, lineage: Mapping[str, Users], found: Sequence[Cause]
) -> Iterator[Cause]:
    """Products that are right about data which is not of today."""
    waiting = {c.dataset: c for c in found if c.level in ("refused", "late")}
    for contract, dataset in catalog.pairs():
        late = [waiting[name] for name in upstream(lineage, dataset.name) if name in waiting]
        if contract.layer == "products" and late:
            built = built_at(overview, dataset.name)
            made = f", built {_ago(overview, built)}," if built else ""
            why = ("; ".join(cause.what for cause in late),)
            what = f"{dataset.name}{made} waits for {listed([cause.dataset for cause in late])}"
            about, began = f"{dataset.name} behind", min((c.since for c in late if c.since), default=None)
            yield Cause(about, dataset.name, "behind", what, began, why, ask=late[0].ask)


def _not_built(overview: Overview, found: Sequence[Cause], behind: Collection[str]) -> Iterator[Cause]:
    """The same, but nobody judged a product because dbt builds nothing while a source is late: that is no new cause."""
    late = [cause.dataset for cause in found if cause.level in ("refused", "late")]
    stopped = late and any(run.stage == "build" and run.clause == "*" and run.broken for run in overview.runs)
    for cause in found:
        if cause.level != "stale" or not (stopped or cause.dataset in behind):
            yield cause
        elif cause.dataset not in behind:
            why = (f"nothing is built while {listed(late)} is late",)
            yield replace(cause, level="behind", about=f"{cause.dataset} behind", why=why)


def _effect(cause: Cause, users: Users) -> str:
    begins = {
        "refused": "On older data until then", "late": "On older data until then",
        "aside": "Without these rows", "broken": "Built on it", "stale": "Built on it",
    }.get(cause.level)  # fmt: skip
    partners = f"partner{'s' if len(users.partners) > 1 else ''} {listed(users.partners)}" if users.partners else ""
    affected = "; ".join(filter(None, (listed(users.products), partners)))
    return f"{begins}: {affected}" if begins and affected else ""


def _ask(contract: Contract) -> str:
    where = f", in {contract.channel}" if contract.channel else ""
    return f"{contract.team} answers{where}" if contract.team else ""


def _ago(overview: Overview, then: datetime) -> str:
    return f"{age((overview.as_of - then).total_seconds())} ago"
