"""Names of older versions of the standard: read as they are called now, and reported.

What is read in another form stands in the document as if it had been written so; the file stays as it is.
"""

from collections.abc import Iterator
from typing import Any

from c360.contract.document import Place, numbered
from c360.contract.findings import LintProblem

METRICS = {
    "nullCheck": "nullValues", "nullValue": "nullValues", "nullCount": "nullValues", "nulls": "nullValues",
    "countCheck": "rowCount", "row_count": "rowCount", "uniqueCheck": "duplicateValues",
    "duplicateCount": "duplicateValues", "duplicateCheck": "duplicateValues", "validValues": "invalidValues",
    "missingCheck": "missingValues", "missingCount": "missingValues",
}  # fmt: skip
"""Rules of v3.0, where any name would do, that say what a metric of v3.1 does."""
_NONE_ALLOWED = ("nullValues", "duplicateValues", "invalidValues")
OPEN_ENDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def read_as_now(document: dict[str, Any]) -> list[LintProblem]:
    """Rewrites older names in place; tells of each, by its place and today's name."""
    return list(_read(document))


def _read(document: dict[str, Any]) -> Iterator[LintProblem]:
    if document.get("slaDefaultElement"):
        yield _older(("slaDefaultElement",), "slaDefaultElement", "element, of each entry of slaProperties")
    if isinstance(document.get("team"), list):
        yield _older(("team",), "a list of a team's members", "members, below team")
    for i, part in numbered(document.get("schema")):
        yield from _rules(part, ("schema", i))
        for j, prop in numbered(part.get("properties")):
            place: Place = ("schema", i, "properties", j)
            yield from _rules(prop, place)
            yield from _options(prop, place)


def _rules(holder: dict[str, Any], place: Place) -> Iterator[LintProblem]:
    for k, rule in numbered(holder.get("quality")):
        written = rule.get("rule")
        if not isinstance(written, str) or rule.get("metric"):
            continue
        metric = METRICS.get(written, written)
        rule["metric"] = metric
        if written in METRICS and metric in _NONE_ALLOWED and not any(key.startswith("must") for key in rule):
            rule["mustBe"] = 0
        bound = " with mustBe: 0" if rule.get("mustBe") == 0 and written in METRICS else ""
        yield _older((*place, "quality", k, "rule"), f"rule: {written}", f"metric: {metric}{bound}")


def _options(prop: dict[str, Any], place: Place) -> Iterator[LintProblem]:
    options = prop.get("logicalTypeOptions")
    if not isinstance(options, dict):
        return
    for name, bound in OPEN_ENDS.items():
        if isinstance(options.get(name), bool):
            asked = options.pop(name)
            if asked and options.get(bound) is not None:
                options[name] = options.pop(bound)
            now = f"{name} with the bound itself"
            yield _older((*place, "logicalTypeOptions"), f"{name}: {str(asked).lower()}", now)


def _older(place: Place, written: str, now: str) -> LintProblem:
    return LintProblem("older-name", place, f"{written} is called {now} by now; c360 import --upgrade rewrites it")
