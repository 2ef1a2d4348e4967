"""Judge: what the verdicts of the scan and of the split mean for a delivery as a whole."""

from c360.clause.description import aged
from c360.clause.kinds import UNIQUE
from c360.clause.reading import QUARANTINE_RATIO
from c360.engine.interface import Plan, Verdict
from c360.errors import Breach, CouldNotTell
from c360.generate.soda import seen_at_gate
from c360.ledger.history import Finding, failing
from c360.model import Clause, Dataset, Relationship

_NONE = Verdict("errored", None)


def require(dataset: Dataset, verdicts: dict[str, Verdict]) -> None:
    """Raises CouldNotTell when the scan could not evaluate a check, naming each clause (three at most) and why."""
    asked = [(clause.id, verdicts.get(clause.id, _NONE)) for clause in dataset.clauses if seen_at_gate(clause)]
    untold = [(clause, verdict) for clause, verdict in asked if verdict.outcome == "errored"]
    if untold:
        named = "; ".join(f"{clause}{f': {verdict.why}' if verdict.why else ''}" for clause, verdict in untold[:3])
        more = f"; and {len(untold) - 3} more" if len(untold) > 3 else ""
        raise CouldNotTell(
            f"The scan could not evaluate {named}{more}.", untold[0][1].remedy or "Check the clause: c360 lint"
        )


def is_clean(dataset: Dataset, verdicts: dict[str, Verdict]) -> bool:
    """Whether the scan found no row that breaks a clause, so that there is nothing to split. A key that stands
    once has one identity; whether a value that is unique stands in raw under another key, it does not see."""
    if UNIQUE.of(dataset):
        return False
    return all(verdicts[c.id].measured == 0 for c in dataset.clauses if c.scope == "row" and seen_at_gate(c))


def find(dataset: Dataset, verdicts: dict[str, Verdict], judged: Plan, rows: dict[str, int]) -> list[Finding]:
    """One finding a clause: the word of the scan, and for clauses on rows the number of rows that broke them.

    Raises CouldNotTell when scan and split disagree.
    """
    findings = []
    for clause in dataset.clauses:
        if clause.kind.loses_rows:
            count = rows.get(clause.id, 0)
            if seen_at_gate(clause) and _is_exact(clause, dataset, judged) and count != verdicts[clause.id].measured:
                raise CouldNotTell(f"Scan and split disagree on {clause.id}.", "Report this as a bug.")
            engine = verdicts[clause.id].engine if seen_at_gate(clause) else "gate"
            findings.append(Finding(clause, engine, failing(clause) if count else "passed", float(count), count))
        elif seen_at_gate(clause):
            verdict = verdicts[clause.id]
            findings.append(Finding(clause, verdict.engine, verdict.outcome, verdict.measured))
    return findings


def _is_exact(clause: Clause, dataset: Dataset, judged: Plan) -> bool:
    """Whether the scan's number must be the split's: both saw the same rows, and the clause is about single ones."""
    types = {c.id for c in dataset.clauses if c.kind.by_value}
    to_itself = isinstance(clause.argument, Relationship) and clause.argument.target == clause.dataset
    alone = not clause.kind.disputed and not to_itself
    return alone and judged.looked and not judged.collapsed and judged.broken.keys().isdisjoint(types)


def reasons(dataset: Dataset, findings: list[Finding], lost: int, delivered: int, rows: dict[str, int]) -> list[str]:
    """Why the delivery as a whole is refused; none when it is not."""
    found = [
        f"it breaks {finding.clause.id}{_explained(finding)}"
        for finding in findings
        if finding.outcome == "failed" and finding.rows is None
    ][:3]
    limit = _limit(dataset)
    if delivered and lost / delivered > limit:
        worst = sorted(((c, n) for c, n in rows.items() if n), key=lambda item: (-item[1], item[0]))[:3]
        named = ", ".join(f"{clause} {count}" for clause, count in worst)
        found.append(f"{lost} of {delivered} rows break clauses ({named}), more than {limit:.0%}")
    return found


def _limit(dataset: Dataset) -> float:
    given = dataset.custom.get("maxQuarantineRatio", QUARANTINE_RATIO)
    try:
        return float(given)
    except (TypeError, ValueError):
        raise Breach(
            f"The maxQuarantineRatio of {dataset.name} is no number.", "Write it as a share, such as 0.2."
        ) from None


def _explained(found: Finding) -> str:
    if found.detail:
        return f": {found.detail}"
    if found.measured is None:
        return ""
    old = aged(found.clause, found.measured)
    return f": {old}" if old else f" (measured {found.measured:g})"
