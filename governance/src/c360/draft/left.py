"""What an older contract says and its draft does not: nothing is left out without a word."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from c360.contract.document import Place
from c360.contract.findings import RULES
from c360.contract.names import where
from c360.draft.write import Draft, as_yaml
from c360.lint.lint import lint

_KNOWN = frozenset(
    """
    dataContractSpecification id info title version status description owner contact name url email servers server type
    environment terms usage limitations policies billing noticePeriod models fields definitions quality servicelevels
    tags links namespace primaryKey required unique classification pii examples example pattern format minLength
    maxLength minimum maximum exclusiveMinimum exclusiveMaximum precision scale enum config references items keys values
    lineage inputFields field transformationDescription transformationType metric query arguments mustBe mustNotBe
    mustBeGreaterThan mustBeGreaterOrEqualTo mustBeGreaterThanOrEqualTo mustBeLessThan mustBeLessOrEqualTo
    mustBeLessThanOrEqualTo mustBeBetween mustNotBeBetween engine implementation specification availability retention
    period timestampField freshness threshold latency sourceTimestampField frequency interval cron support time backup
    host port database schema project dataset account location path delimiter bucket topic catalog driver service_name
    serviceName endpointUrl outputPortId $ref ref
    """.split()  # noqa: SIM905
)
"""What the Data Contract Specification calls things that are carried over."""
_NAMES = ("servers", "models", "fields", "definitions", "config", "links", "arguments")
"""Below these, keys are names of somebody's own."""
_CHANGED = (
    "type",
    "format",
    "threshold",
    "period",
    "status",
    "title",
    "version",
    "$ref",
    "ref",
    "dataContractSpecification",
)
"""What is carried over in another spelling."""
_NOT_ABOUT_DATA = ("unclear", "not-rendered", "sla-element")


def not_carried(source: Any, draft: str, place: Place = ()) -> Iterator[str]:
    """The ways to what a Data Contract Specification says and the text of its draft does not."""
    if isinstance(source, list):
        for at, one in enumerate(source):
            yield from not_carried(one, draft, (*place, at))
    elif isinstance(source, dict):
        named = bool(place) and place[-1] in _NAMES and place[-2:] != ("fields", "fields")
        for key, value in source.items():
            if value in (None, "", [], {}) or key == "specification":
                continue
            if named or key in _KNOWN:
                yield from not_carried(value, draft, (*place, key))
            else:
                yield where((*place, key))
    elif isinstance(source, str) and place[-1] not in _CHANGED and "definitions" not in place:
        lines = [line.strip() for line in source.splitlines() if line.strip()]
        if not all(line in draft for line in lines):
            yield where(place)


def without_lint_errors(draft: Draft, levels: Any) -> Draft:
    """The draft without the parts that lint refuses, each of which it names."""
    left: list[str] = []
    for _ in range(20):
        found = [
            finding
            for finding in _findings(draft, levels)
            if (RULES[finding.rule][0] == "error" or finding.rule in _NOT_ABOUT_DATA) and _removable(finding.inside)
        ]
        outer = {finding.inside: finding for finding in found}
        for place in list(outer):
            if any(place[:length] in outer for length in range(1, len(place))):
                del outer[place]
        last_first = sorted(outer, key=lambda place: [(isinstance(step, str), step) for step in place], reverse=True)
        removed = [outer[place] for place in last_first if _remove(draft, place)]
        left += [f"{finding.path} ({finding.message})" for finding in removed]
        if not removed:
            break
    return draft.without(left)


def _findings(draft: Draft, levels: Any) -> Any:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "contracts" / draft.layer / "draft" / "0.1.0.odcs.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(as_yaml(draft), encoding="utf-8")
        return lint(path, levels)


def _removable(place: Place) -> bool:
    """Whether a draft without it still is one: not the schema, nor a table, nor a column, nor its name and types."""
    if place[:1] != ("schema",):
        return bool(place) and place[0] not in ("apiVersion", "kind", "id", "version", "status", "name")
    inside = place[4:] if place[2:3] == ("properties",) else place[2:]
    return bool(inside) and inside[0] not in ("name", "classification", "physicalType", "logicalType", "physicalName")


def _remove(draft: Draft, place: Place) -> bool:
    """Takes a part out of the documents of the draft; False where it is gone already."""
    holder: Any = draft.document
    if place[0] == "schema":
        table = draft.tables[int(place[1])]
        holder, place = table.document, place[2:]
        if place[0] == "properties":
            holder, place = table.properties[int(place[1])].document, place[2:]
    way: list[tuple[Any, Any]] = []
    for step in place:
        if not (step in holder if isinstance(holder, dict) else isinstance(step, int) and step < len(holder)):
            return False
        way.append((holder, step))
        holder = holder[step]
    for holder, step in reversed(way):
        del holder[step]
        if holder:
            break
    return True
