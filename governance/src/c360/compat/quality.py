"""Quality rules before and after: what they measure, the numbers they allow, and whether they only warn."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from c360.clause.guard import normal_sql
from c360.clause.operators import OPERATORS
from c360.clause.promise import only_warns
from c360.clause.rules import type_of, unit_of
from c360.compat.changes import Change, Spot
from c360.compat.pairing import Facets, by, element, order, paired, same
from c360.contract.document import dicts

_MEASURE = ("type", "metric", "rule", "query", "engine", "implementation", "arguments", "unit", *OPERATORS)
_AT_MOST = ("mustBeLessThan", "mustBeLessOrEqualTo")
_UNORDERED = frozenset({"validValues", "missingValues", "properties"})
_COUNTS = frozenset({"rowCount", "nullValues", "missingValues", "invalidValues", "duplicateValues"})


def rules(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    """Changes of the `quality` of a table or column. Rules are one by id, else by name, else by what they measure."""
    before, after = dicts(old.get("quality")), dicts(new.get("quality"))
    pairs = paired(before, after, by("id"), by("name"), _measures, _metric)
    spot = spot.at("quality")
    for was, now in pairs:
        inside = spot.at(_called(now or was))
        if was is not None and now is not None:
            yield from element(was, now, inside, RULE)
        else:
            what = "advice" if _only_advice(now or was) else "quality"
            yield inside.change(f"{what}-{'dropped' if now is None else 'added'}", _said(was), _said(now))
    yield from order(pairs, before, spot)


def _called(rule: dict[str, Any]) -> str:
    return str(rule.get("id") or rule.get("name") or rule.get("metric") or rule.get("rule") or type_of(rule))


def _measures(rule: dict[str, Any]) -> str:
    query = rule.get("query")
    return repr([_metric(rule), query and normal_sql(str(query)), rule.get("implementation"), _arguments(rule)])


def _arguments(rule: dict[str, Any]) -> Any:
    """What a rule is told: lists whose order means nothing are sorted, each value once; null is not there."""
    arguments = rule.get("arguments")
    if not isinstance(arguments, dict):
        return arguments
    return {
        key: sorted({*map(repr, value)}) if key in _UNORDERED and isinstance(value, list) else value
        for key, value in sorted(arguments.items())
        if value is not None
    } or None


def _metric(rule: dict[str, Any]) -> str:
    return repr([type_of(rule), rule.get("metric") or rule.get("rule"), rule.get("engine")])


def _only_advice(rule: dict[str, Any]) -> bool:
    return type_of(rule) == "text" or only_warns(rule)


def _said(rule: dict[str, Any] | None) -> str | None:
    if rule is None:
        return None
    numbers = [f"{name} {rule[name]}" for name in OPERATORS if rule.get(name) is not None]
    return " ".join([str(rule.get("metric") or rule.get("rule") or type_of(rule)), *numbers])


def _severity(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    if only_warns(old) != only_warns(new):
        lowered = "lowered" if only_warns(new) else "raised"
        yield spot.at("severity").change(f"severity-{lowered}", old.get("severity"), new.get("severity"))


def _measure(old: dict[str, Any], new: dict[str, Any], spot: Spot) -> Iterator[Change]:
    kind = _moved(old, new)
    if kind:
        said = [_said(rule) for rule in (old, new)]
        advice = _only_advice(old) and _only_advice(new)
        yield spot.change("advice-changed" if advice else f"quality-{kind}", *(said if said[0] != said[1] else ()))


def _moved(old: dict[str, Any], new: dict[str, Any]) -> str:
    """`tightened`, `loosened`, `changed`, or nothing where both say the same."""
    none = old.get("mustBe") == new.get("mustBe") == 0  # in rows and in percent the same
    measured = [(_measures(rule), "" if none else unit_of(rule)) for rule in (old, new)]
    operators = [[o for o in OPERATORS.values() if rule.get(o.name) is not None] for rule in (old, new)]
    if all(same(old.get(name), new.get(name)) for name in OPERATORS):
        return "" if measured[0] == measured[1] else _listed(old, new)
    expected = [_numbers(rule[found[0].name]) if len(found) == 1 else None
                for rule, found in zip((old, new), operators, strict=True)]  # fmt: skip
    if measured[0] != measured[1] or any(
        not numbers or len(numbers) != found[0].numbers for numbers, found in zip(expected, operators, strict=True)
    ):
        return "changed"
    bounds = sorted({number for numbers in expected for number in numbers or ()})
    least = 0 if str(new.get("metric") or new.get("rule")) in _COUNTS else -float("inf")
    whole = least == 0 and unit_of(new) != "percent"
    between = [] if whole else [(a + b) / 2 for a, b in pairwise(bounds)]
    probes = [p for p in (*bounds, *between, *(b + 1 for b in bounds), *(b - 1 for b in bounds)) if p >= least]
    holds = [[o[0].holds(p, _expected(n)) for p in probes] for o, n in zip(operators, expected, strict=True)]
    looser = any(after and not before for before, after in zip(*holds, strict=True))
    tighter = any(before and not after for before, after in zip(*holds, strict=True))
    return "changed" if looser and tighter else "loosened" if looser else "tightened" if tighter else ""


def _listed(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Rules that differ in what they measure: longer or shorter lists of valid values, of which few may be invalid."""
    lists = [set(map(repr, (rule.get("arguments") or {}).get("validValues") or ())) for rule in (old, new)]
    others = [{**rule, "arguments": {**(rule.get("arguments") or {}), "validValues": None}} for rule in (old, new)]
    few = new.get("mustBe") == 0 or any(new.get(name) is not None for name in _AT_MOST)
    if not all(lists) or not few or _measures(others[0]) != _measures(others[1]):
        return "changed"
    return "loosened" if lists[0] < lists[1] else "tightened" if lists[0] > lists[1] else "changed"


def _expected(numbers: Any) -> Any:
    return numbers[0] if len(numbers) == 1 else tuple(numbers)


def _numbers(expected: Any) -> list[int | float] | None:
    numbers = expected if isinstance(expected, list) else [expected]
    return numbers if all(type(n) in (int, float) for n in numbers) else None


RULE: Facets = ((("severity",), _severity), (_MEASURE, _measure))
