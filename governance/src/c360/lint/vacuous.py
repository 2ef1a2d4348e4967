"""Promises that can never fail, which protect nothing, and promises that can never hold, which nobody can keep."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeGuard

from c360.clause.inside import spots
from c360.clause.levels import seconds_or_none
from c360.clause.operators import OPERATORS
from c360.clause.rules import ARGUMENTS, VACUOUS, is_rule, unit_of
from c360.contract.document import Place, numbered
from c360.contract.findings import LintProblem

_COUNTED = re.compile(r"(?i)^\s*select\s+count\s*\(")


def vacuous_promises(document: dict[str, Any]) -> Iterator[LintProblem]:
    """Each of them in one contract. One that can never hold is an error, one that can never fail a warning."""
    for i, part in numbered(document.get("schema")):
        place: Place = ("schema", i)
        yield from _rules(part, place)
        yield from _ratio(part, place)
        for j, prop in numbered(part.get("properties")):
            inside: Place = (*place, "properties", j)
            for spot in spots(prop, inside):
                yield from _options(spot.body, (*spot.place, "logicalTypeOptions"))
            yield from _rules(prop, inside)
            own = f"{part.get('name')}.{prop.get('name')}"
            for k, relation in numbered(prop.get("relationships")):
                if relation.get("to") == own:
                    yield LintProblem(
                        "never-fails", (*inside, "relationships", k), f"{own} can never fail to be in itself"
                    )
    yield from _ratio(document, ())
    for k, sla in numbered(document.get("slaProperties")):
        limit = seconds_or_none(sla)
        if limit is not None and limit <= 0:
            yield LintProblem(
                "never-holds", ("slaProperties", k), f"{sla['property']} of {sla.get('value')} can never hold"
            )


def _options(prop: dict[str, Any], place: Place) -> Iterator[LintProblem]:
    options = prop.get("logicalTypeOptions")
    if not isinstance(options, dict):
        return
    if options.get("pattern") in VACUOUS:
        message = f"the pattern {options['pattern']!r} can never fail: every text matches"
        yield LintProblem("never-fails", (*place, "pattern"), message)
    if options.get("minLength") == 0:
        yield LintProblem("never-fails", (*place, "minLength"), "minLength 0 can never fail")
    size = re.search(r"(?i)char[a-z ]*\((\d+)\)", str(prop.get("physicalType")))
    lengths = [options.get("maxLength"), int(size[1]) if size else None]
    longest = min((n for n in lengths if _is_number(n)), default=math.inf)
    if _is_number(options.get("minLength")) and options["minLength"] > longest:
        message = f"minLength {options['minLength']} can never hold: {longest} is the most"
        yield LintProblem("never-holds", (*place, "minLength"), message)
    for low in ("minimum", "exclusiveMinimum"):
        for high in ("maximum", "exclusiveMaximum"):
            least, most = _comparable(options.get(low)), _comparable(options.get(high))
            if least is None or most is None or least[0] != most[0]:
                continue
            if least > most or (least == most and "exclusive" in low + high):
                message = f"{low} {options[low]} and {high} {options[high]} can never hold together"
                yield LintProblem("never-holds", (*place, low), message)


def _rules(part: dict[str, Any], place: Place) -> Iterator[LintProblem]:
    for k, rule in numbered(part.get("quality")):
        if not is_rule(rule):
            continue
        inside: Place = (*place, "quality", k)
        yield from _bound(rule, inside)
        arguments = rule.get("arguments") or {}
        metric = str(rule.get("metric") or rule.get("rule"))
        for name in sorted(set(arguments) - ARGUMENTS.get(metric, set(arguments))):
            yield LintProblem("unclear", (*inside, "arguments"), f"{metric} takes no argument {name!r}")
        if metric == "missingValues" and not [v for v in arguments.get("missingValues") or () if v is not None]:
            yield LintProblem(
                "never-fails", inside, "missingValues without a list of values counts nulls only; say nullValues"
            )


def _bound(rule: dict[str, Any], place: Place) -> Iterator[LintProblem]:
    """What a rule asks of its number, against all that the number can be."""
    library = rule.get("type") != "sql"
    least: float = 0 if library or _COUNTED.match(str(rule.get("query"))) else -math.inf
    most: float = 100 if library and unit_of(rule) == "percent" else math.inf
    for name, limit in rule.items():
        operator, numbers = OPERATORS.get(name), limit if isinstance(limit, list) else [limit]
        if operator is None or len(numbers) != operator.numbers or not all(map(_is_number, numbers)):
            continue
        what = f"{name} {limit}"
        if sorted(numbers) != numbers:
            yield LintProblem("never-holds", (*place, name), f"{what}: the smaller number comes first")
            continue
        always, never = operator.always_or_never(tuple(numbers), least, most)
        if never:
            yield LintProblem("never-holds", (*place, name), f"{what} can never hold: {_range(least, most)}")
        elif always:
            yield LintProblem("never-fails", (*place, name), f"{what} can never fail: {_range(least, most)}")


def _range(least: float, most: float) -> str:
    return "a count is never less than 0" if most == math.inf else f"a share is {least:g} to {most:g} percent"


def _ratio(part: dict[str, Any], place: Place) -> Iterator[LintProblem]:
    for k, custom in numbered(part.get("customProperties")):
        ratio = custom.get("value")
        if custom.get("property") == "maxQuarantineRatio" and not (_is_number(ratio) and 0 <= ratio <= 1):
            message = f"maxQuarantineRatio {ratio!r} is no share from 0 to 1"
            yield LintProblem("never-holds", (*place, "customProperties", k), message)


def _comparable(value: Any) -> tuple[str, Decimal] | None:
    """A bound as a number, or as a time in UTC (which it is in when it names no zone), with the word for it."""
    if _is_number(value):
        return "number", Decimal(str(value))
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return "time", Decimal((moment - datetime(1, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
