"""What a comparison comes to, as rows for people, JSON for machines and Markdown for a pull request."""

import html
import re
from collections.abc import Iterable
from typing import Any

from c360.ci import Entry, Lines
from c360.compat.changes import Change, Diff
from c360.compat.compare import ContractComparison
from c360.compat.grades import Step
from c360.contract.document import Document, Place, numbered
from c360.errors import Breach
from c360.printable import counted, one_line

HEAD = ["place", "change", "was", "is", "consumers", "producers", "step"]
_PERSONAL = "pii_"
_PLAIN = re.compile(r"[\w.,:;()/=+%'…-]([\w .,:;()/=+%'…-]*[\w.,:;()/=+%'…-])?")
_LONGEST = 100
"""Rows of one table in a comment, which has a limit of its own wherever it is shown."""


def rows(diff: Diff) -> list[list[str]]:
    """One row a change, by the columns of HEAD."""
    return [
        [c.place, c.rule.name.replace("-", " "), c.old, c.new, c.consumers, c.producers, c.step.label]
        for c in diff.changes
    ]


def verdict(diff: Diff) -> str:
    """In one sentence."""
    label = f"{diff.old.name} {diff.old.version} to {diff.new.version}"
    if not diff.changes:
        return f"{label}: nothing changes."
    if diff.needed is Step.NEVER:
        what = ", ".join(dict.fromkeys(c.rule.name.replace("-", " ") for c in diff.changes if c.step is Step.NEVER))
        return f"{label}: no version step allows this ({what})."
    steps = {Step.NONE: "no new version", Step.PATCH: "a patch step"}
    needed = steps.get(diff.needed, f"a {diff.needed.label} step")
    given = "the version stays" if diff.given is Step.NONE else f"the version takes a {diff.given.label} step"
    return f"{label}: the changes need {needed}, {given}."


def as_data(diff: Diff) -> dict[str, Any]:
    return {
        "contract": diff.new.name,
        "old": diff.old.version,
        "new": diff.new.version,
        "needed": diff.needed.label,
        "given": diff.given.label,
        "lowest": diff.lowest,
        "enough": diff.enough,
        "consumers": _worst([c.consumers for c in diff.changes]),
        "producers": _worst([c.producers for c in diff.changes]),
        "changes": [
            {
                "place": c.place,
                "change": c.rule.name,
                "dataset": c.dataset,
                "column": c.column,
                "classification": c.classification,
                "old": c.old,
                "new": c.new,
                "consumers": c.consumers,
                "producers": c.producers,
                "step": c.step.label,
            }
            for c in diff.changes
        ],
    }


def _worst(grades: list[Any]) -> str:
    return next((grade for grade in ("break", "note") if grade in grades), "safe")


def comparison_as_data(comparison: ContractComparison) -> dict[str, Any]:
    affected = [
        {
            "consumer": one.consumer.name,
            "contact": one.consumer.contact,
            "places": [change.place for change in one.changes],
            "settled": one.settled,
        }
        for one in comparison.affected
    ]
    data = as_data(comparison.diff) | {"sound": comparison.sound, "hits": affected}
    return {"file": str(comparison.diff.new.path), **data}


def affected_as_rows(comparison: ContractComparison) -> list[list[str]]:
    return [
        [one.consumer.name, one.consumer.contact, _places(one.changes), one.settled or "not acknowledged"]
        for one in comparison.affected
    ]


def _places(changes: Iterable[Change]) -> str:
    places = list(dict.fromkeys(change.place for change in changes))
    return ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")


def entries_of(comparisons: list[ContractComparison]) -> list[Entry]:
    """What CI reads: each comparison, each change that needs a larger step, each consumer that a change breaks."""
    lines = Lines(())
    entries = []
    for one in comparisons:
        found = one.diff
        label = f"{found.old.name} {found.old.version} to {found.new.version}"
        version = lines.line(found.new.path, ("version",))
        outcome = "passed" if found.enough else "failed"
        said = verdict(found) if found.enough else f"{verdict(found)} {remedy(found)}"
        entries.append(Entry("version-step", label, outcome, said, found.new.path, version, label))
        for change in found.changes:
            if change.step > found.given:
                what = f"{change.place}: {change.rule.description}; this needs a {change.step.label} step."
                line = lines.line(found.new.path, _spot(lines.document(found.new.path), change))
                entries.append(Entry(change.rule.name, change.place, "failed", what, found.new.path, line, label))
        for hit in one.affected:
            name = hit.consumer.name
            said = f"{found.new.name} {found.new.version} breaks {name} ({_places(hit.changes)})"
            outcome = "passed" if hit.settled else "failed"
            entries.append(
                Entry(
                    "consumer",
                    name,
                    outcome,
                    f"{said}: {hit.settled or 'not acknowledged'}.",
                    hit.consumer.path,
                    1,
                    label,
                )
            )
    return entries


def _spot(document: Document | None, change: Change) -> Place:
    """Where a change stands in the new version: its column, else its table, else the version."""
    names = ("physicalName", "name")
    for i, table in numbered(document.data.get("schema") if document else None):
        if change.dataset and change.dataset in [table.get(name) for name in names]:
            for j, column in numbered(table.get("properties")):
                if change.column and change.column in [column.get(name) for name in names]:
                    return ("schema", i, "properties", j)
            return ("schema", i)
    return ("version",)


def markdown_of_all(comparisons: list[ContractComparison]) -> str:
    """A comment for a pull request on all comparisons, and the consumers that they affect."""
    if not comparisons:
        return "No contract changes."
    parts = []
    for one in comparisons:
        parts.append(markdown(one.diff))
        if one.affected:
            parts.append("| consumer | contact | hit by | settled |\n|---|---|---|---|")
            rows = ([code(cell) for cell in row] for row in affected_as_rows(one))
            parts[-1] += "".join(f"\n| {' | '.join(row)} |" for row in rows) + "\n"
    return "\n".join(parts)


def markdown(diff: Diff) -> str:
    """A comment for a pull request. Nothing that a contract says is more than text in it."""
    mark = "✅" if diff.enough else "❌"
    title = f"### {code(diff.new.name)} {code(diff.old.version)} → {code(diff.new.version)}"
    least = f" At least {code(diff.lowest)}." if not diff.enough and diff.lowest else ""
    lines = [title, "", f"{mark} {_plain(verdict(diff).removeprefix(diff.old.name).partition(': ')[2])}{least}", ""]
    if diff.changes:
        lines += ["| for consumers | for producers | change | place | was | is | personal data |", "|---" * 7 + "|"]
        lines += [_row(change) for change in diff.changes[:_LONGEST]]
        more = len(diff.changes) - _LONGEST
        lines += [*([f"| | | and {more} more, none worse | | | | |"] if more > 0 else []), ""]
    return "\n".join(lines)


def _row(c: Change) -> str:
    personal = code(c.classification) if c.classification.startswith(_PERSONAL) else ""
    cells = [c.consumers, c.producers, c.rule.name.replace("-", " "), code(c.place), code(c.old), code(c.new), personal]
    return f"| {' | '.join(cells)} |"


def code(text: str) -> str:
    """Text of others in Markdown, where nobody is mentioned and no sign acts: as code, in plain words where it is made
    of such, else each sign an entity."""
    if _PLAIN.fullmatch(text):
        return f"`{text}`"
    signs = re.sub(r"[^\w\s]|_", lambda sign: f"&#{ord(sign[0])};", one_line(text))
    return f"<code>{signs}</code>" if text else ""


def _plain(sentence: str) -> str:
    return html.escape(one_line(sentence))


def remedy(diff: Diff) -> str:
    """What to do about a step that is not enough."""
    if any(change.rule.name == "version-lowered" for change in diff.changes):
        return f"Give the new one a version above {diff.old.version}; the older one comes first."
    if diff.needed is Step.NEVER:
        return "Deprecate the version with a sunset date first, and let its notice pass: see docs/versions.md"
    if diff.needed is Step.MAJOR:
        return f"Write {diff.lowest} into a file of its own, or leave out what breaks: see docs/versions.md"
    return f"Write {diff.lowest} into a file of its own: see docs/versions.md"


def refusal(comparisons: list[ContractComparison]) -> Breach | None:
    """Why what was compared may not go on, None when it may."""
    missing = [one.diff for one in comparisons if not one.diff.enough]
    if missing:
        more = f" ({len(missing)} contracts in all)" if len(missing) > 1 else ""
        return Breach(f"{verdict(missing[0])}{more}", remedy(missing[0]))
    unsettled = [(one.diff, found) for one in comparisons for found in one.affected if not found.settled]
    if not unsettled:
        return None
    found, affected = unsettled[0]
    consumers = counted(len(unsettled), "affected consumer has", "affected consumers have")
    return Breach(
        f"{consumers} not acknowledged: {found.new.name} {found.new.version} breaks {affected.consumer.name}, first.",
        f"Ask {affected.consumer.contact}, then write acknowledged: [{{version: {found.new.version}, by: …, date: …}}] "
        f"into {affected.consumer.path}.",
    )
