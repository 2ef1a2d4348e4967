"""From the profile of a column to a proposed property: type, required, format, values, bounds. Its evidence is counts.

No value of the data gets into a draft, but for the words of an enumeration that say nothing of anybody (decision 20).
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from c360.draft.classify import Classified, level_of, names_a_key
from c360.draft.profile import ColumnProfile
from c360.draft.types import is_text, logical_type
from c360.draft.write import Property

ENOUGH = 30
"""Values that bounds, patterns and references need as evidence."""
_MOST_WORDS, _OFTEN = 20, 10
_WORD = re.compile(r"[^\W\d_]([\w &/+,.'-]{0,38}\w)?")
_ROOMY = 100_000_000
"""An integer column whose numbers are smaller has room to grow."""
_HOLD = {
    "uuid": "uuid", "boolean": "boolean", "integer": "bigint", "bigint": "bigint", "date": "date",
    "timestamp": "timestamp", "timestamptz": "timestamptz", "time": "time", "double precision": "float",
}  # fmt: skip
"""The shape that values of a declared type have as text."""
_NOT_YET = {
    "dotted": "days as dd.MM.yyyy: name that as dateFormat in the custom property delivery, and the type is date",
    "slashed": "days with slashes: name their dateFormat in the custom property delivery, and the type is date",
}
_NUMBER = re.compile(r"-?\d+([.,]\d+)?")
_NO_VALUE = ("na", "n/a", "n.a.", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "\\n")
_FORMATS = ("email", "ipv4", "ipv6", "uri")


def propose(
    profile: ColumnProfile, found: Classified, declared: str, levels: Sequence[str], decimal: str = ".", name: str = ""
) -> Property:
    """`declared` is the type that the source itself names; `decimal` the mark of its numbers; `name` the column's
    where the header's own is none."""
    kind, why = physical_type(profile, declared, found, decimal)
    required = bool(profile.rows) and not profile.nulls and (is_text(kind) or not profile.blanks)
    options, notes = _options(profile, kind, found)
    level = level_of(found.level, levels)
    enum = _enum(profile, kind) if level == "public" else []
    document = {
        "name": name or profile.name,
        "description": "To be described.",
        "logicalType": logical_type(kind),
        "logicalTypeOptions": options,
        "physicalType": kind,
        "required": required,
        "classification": level,
        "enum": enum,
        "customProperties": [{"property": "toBeConfirmed", "value": "classification"}],
    }
    evidence = [_counted(profile, kind), *why, *notes]
    if enum:
        evidence.append(f"{len(enum)} values, each {_OFTEN} times or more")
    elif (
        is_text(kind)
        and profile.counts
        and len(profile.counts) <= _MOST_WORDS
        and profile.values >= 2 * len(profile.counts)
    ):
        many = f"{len(profile.counts)} distinct values: perhaps an enum"
        evidence.append(many if len(profile.counts) > 1 else "all values are the same")
    said = f"Classified as {level}, to be confirmed: {found.why}."
    return Property({key: value for key, value in document.items() if value}, (f"{'; '.join(evidence)}.", said))


def physical_type(profile: ColumnProfile, declared: str, found: Classified, decimal: str) -> tuple[str, list[str]]:
    """The declared type; else the narrowest that every value has."""
    shapes = profile.shapes
    if declared:
        odd = declared == "jsonb" and profile.values and "json" not in shapes
        notes = ["some hold what JSON has no value for, such as NaN: their rows would be quarantined"] if odd else []
        return declared, [f"the source declares {declared}", *notes]
    if not profile.values:
        return "text", ["no value: its type is not known"]
    if found.code and "float" in shapes:
        return "text", ["digits that are no quantity stay text"]
    if "comma" in shapes and "decimal" not in shapes and decimal == ",":
        return _decimal(profile), ["every value is a number with a decimal comma"]
    for kind in ("uuid", "boolean", "date", "timestamp", "timestamptz", "time"):
        if kind in shapes:
            return kind, []
    if "bigint" in shapes:
        return ("integer" if max(abs(profile.low), abs(profile.high)) < _ROOMY else "bigint"), []
    if "whole" in shapes:
        return "numeric(38,0)", []
    if "decimal" in shapes and decimal == ".":
        return _decimal(profile), []
    if "float" in shapes and "leading" in shapes and decimal == ".":
        return "double precision", []
    why = next((why for shape, why in _NOT_YET.items() if shape in shapes), "")
    if "float" in shapes and "leading" not in shapes:
        why = "some numbers begin with zeros: text"
    return "text", [why] if why else _without_null_words(profile)


def _decimal(profile: ColumnProfile) -> str:
    """With room for larger numbers."""
    return f"numeric({max(12, profile.digits + profile.scale + 2)},{max(2, profile.scale)})"


def _without_null_words(profile: ColumnProfile) -> list[str]:
    """A hint where all values of a text are numbers, but for words that say that there is none."""
    counts = profile.counts or {}
    numbers = sum(count for value, count in counts.items() if _NUMBER.fullmatch(value))
    none = sum(count for value, count in counts.items() if value.strip().casefold() in _NO_VALUE)
    if not numbers or not none or numbers + none < profile.values:
        return []
    said = "the others say that there is none: name them as nullValues in the custom property delivery"
    return [f"{numbers:,} of {profile.values:,} values are numbers, {said}"]


def holds(declared: str, profile: ColumnProfile) -> bool:
    """Whether every value has the type that a file declares; what is nested has no other."""
    if declared == "jsonb":
        return True
    if declared.startswith("numeric"):
        return not profile.values or bool(profile.shapes & {"whole", "decimal"})
    return not profile.values or _HOLD.get(declared) in profile.shapes


def _options(profile: ColumnProfile, kind: str, found: Classified) -> tuple[dict[str, Any], list[str]]:
    """Formats, patterns and bounds, each with what it rests on."""
    if kind == "uuid":
        return {"format": "uuid"}, []
    if kind == "timestamp":
        return {"timezone": False, "defaultTimezone": "Etc/UTC"}, []
    if is_text(kind):
        return _text_options(profile)
    if found.personal or names_a_key(profile.name) or profile.values < ENOUGH or profile.low is None:
        return {}, []
    if kind == "date":
        return {"minimum": month_before(profile.low)}, ["no date before that month: a proposal"]
    if "finite" in profile.shapes and (
        kind in ("integer", "bigint", "double precision") or kind.startswith("numeric(")
    ):
        least, most = round_below(profile.low), round_above(profile.high)
        return {"minimum": least, "maximum": most}, ["all numbers lie between these round ones: a proposal"]
    return {}, []


def _text_options(profile: ColumnProfile) -> tuple[dict[str, Any], list[str]]:
    form = next((form for form in _FORMATS if form in profile.shapes), None)
    if form:
        return {"format": form}, [f"every value is a well-formed {form}"]
    pattern = (
        pattern_of(profile.code)
        if profile.values >= ENOUGH and (profile.counts is None or len(profile.counts) > 10)
        else ""
    )
    return ({"pattern": pattern}, ["every value has this form"]) if pattern else ({}, [])


def pattern_of(code: str) -> str:
    """A regular expression of `AA-9999`; empty for a form that holds anything but letters, digits and joints, which
    would be a piece of the data."""
    if not re.fullmatch(r"[Aa9 ._:/-]+", code) or "9" not in code or len(code) < 3:
        return ""
    sets = {"9": "[0-9]", "A": "[A-Z]", "a": "[a-z]"}
    runs = re.findall(r"9+|A+|a+|[^9Aa]", code)
    written = [f"{sets[run[0]]}{{{len(run)}}}".replace("{1}", "") if run[0] in sets else run for run in runs]
    return f"^{''.join(run if len(run) > 1 else f'[{run}]' if run in './' else run for run in written)}$"


def _enum(profile: ColumnProfile, kind: str) -> list[dict[str, str]]:
    counts: Mapping[str, int] = profile.counts or {}
    speaks = is_text(kind) and 2 <= len(counts) <= _MOST_WORDS and not profile.blanks
    if not speaks or not all(count >= _OFTEN and _WORD.fullmatch(value) for value, count in counts.items()):
        return []
    return [{"value": value} for value in sorted(counts)]


def _counted(profile: ColumnProfile, kind: str) -> str:
    empty = profile.nulls + (0 if is_text(kind) else profile.blanks)
    alike = ", no two alike" if profile.distinct and profile.values > 1 else ""
    return f"{profile.rows:,} records, {f'{empty:,}' if empty else 'none'} empty{alike}"


def round_above(value: float) -> int | float:
    """The next of 1, 2, 5, 10, 20 … that is greater, and never the value itself; 0 for what is negative."""
    return 0 if value < 0 else _next_round(value)


def round_below(value: float) -> int | float:
    """0 for what is not negative: that the values are none is no value of them."""
    return 0 if value >= 0 else -_next_round(-value)


def _next_round(value: float) -> int | float:
    if value < 1e-9:
        return 1
    size = 10.0 ** math.floor(math.log10(value))
    found = next(step * size for step in (1, 2, 5, 10, 20) if step * size > value * (1 + 1e-9))
    return round(found) if found >= 1 else float(f"{found:.0e}")


def month_before(day: str) -> str:
    """The first of the month before that of an ISO day: never a day of the data."""
    year, month = int(day[:4]), int(day[5:7])
    return f"{year - 1:04}-12-01" if month == 1 else f"{year:04}-{month - 1:02}-01"
