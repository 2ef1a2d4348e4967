"""One promise in one spelling: a table as it is compared, so that the grade of a change follows from what it does.

What is written in another place, or in another form, and means the same is equal here. Nothing is written back.
"""

import math
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from c360.clause.dialect import canonical_type
from c360.clause.promise import only_warns
from c360.clause.reading import relationship_of
from c360.clause.rules import type_of
from c360.compat import types
from c360.contract.document import dicts
from c360.errors import Breach

_BY_FORMAT = {
    "i16": "smallint", "i32": "integer", "i64": "bigint", "f32": "real", "f64": "double precision", "uuid": "uuid",
    "date": "date",
}  # fmt: skip
"""Formats that promise just what a physical type does."""

_TEXT = re.compile(r"text|character varying(\(\d+\))?")
Part = dict[str, Any]


def of_one_spelling(old: Part, new: Part) -> tuple[Part, Part, list[tuple[Part, Part, str]]]:
    """Two versions of a table, each promise at its column and in one form.

    A promise that a column makes by a rule in one version, and by a key in the other, is a key in both. Each such
    column is told, before and after, with the rule of grades for what becomes of a row that breaks the promise.
    """
    instead = []
    before, after = _table(old), _table(new)
    now = {str(prop.get("name")): prop for prop in dicts(after.get("properties"))}
    for was in dicts(before.get("properties")):
        if str(was.get("name")) in now:
            other = now[str(was.get("name"))]
            instead += [(was, other, rule) for spelling in _SPELLINGS if (rule := spelling(was, other))]
    return before, after, instead


def _table(part: Part) -> Part:
    part = deepcopy(part)
    columns = {str(prop.get("name")): prop for prop in dicts(part.get("properties"))}
    for prop in columns.values():
        _format(prop)
        _relations(part, prop, str(prop.get("name")))
    _relations(part, part, "")
    _to_columns(part, "relationships", _only_from, columns)
    _to_columns(part, "quality", _only_property, columns)
    return part


def _to_columns(part: Part, key: str, of: Callable[[Part, Part], str], columns: dict[str, Part]) -> None:
    """Move each entry that is about one column to it."""
    kept = []
    for entry in part[key] if isinstance(part.get(key), list) else []:
        column = columns.get(of(part, entry)) if isinstance(entry, dict) else None
        if column is None or not isinstance(column.get(key) or [], list):
            kept.append(entry)
        else:
            column[key] = [*(column.get(key) or []), entry]
    if isinstance(part.get(key), list):
        part[key] = kept
        if not kept:
            del part[key]


def _only_from(part: Part, entry: Part) -> str:
    """The column that a relationship of the table leads from, where it is one; that is said no more."""
    start = entry.get("from")
    if not isinstance(start, list) or len(start) != 1:
        return ""
    name = str(entry.pop("from")[0])
    ends = entry.get("to")
    entry["to"] = ends[0] if isinstance(ends, list) and len(ends) == 1 else ends
    return name


def _only_property(part: Part, entry: Part) -> str:
    arguments = entry.get("arguments")
    named = arguments.get("properties") if isinstance(arguments, dict) else None
    if entry.get("metric") != "duplicateValues" or not isinstance(named, list) or len(named) != 1:
        return ""
    entry["arguments"] = {key: value for key, value in (arguments or {}).items() if key != "properties"}
    if not entry["arguments"]:
        del entry["arguments"]
    return str(named[0])


def _relations(part: Part, holder: Part, column: str) -> None:
    """Relationships in shorthand, with lists at the table and single names at a column."""
    table = str(part.get("name"))
    for relation in dicts(holder.get("relationships")):
        try:
            found = relationship_of(Path(), table, relation, column or None)
        except (AttributeError, Breach, TypeError):  # it is compared as it is written
            continue
        ends = [f"{found.target}.{name}" for name in found.target_columns]
        relation["to"] = ends[0] if column else ends
        if column:
            relation.pop("from", None)
        else:
            relation["from"] = list(found.columns)
        if relation.get("type") == "foreignKey":
            del relation["type"]


def _format(prop: Part) -> None:
    """A format that says what a type does is that type: `bigint` of format i32 is an integer, of i64 a bigint."""
    options, physical = prop.get("logicalTypeOptions"), prop.get("physicalType")
    same = _BY_FORMAT.get(str(options.get("format"))) if isinstance(options, dict) else None
    if not same or not physical or not isinstance(options, dict):
        return
    moved = types.compared(str(physical), same)
    if moved == "changed" or (moved == "narrowed" and same not in ("smallint", "integer", "real", "bigint")):
        return
    if moved == "narrowed":
        prop["physicalType"] = same
    prop["logicalTypeOptions"] = {key: value for key, value in options.items() if key != "format"}
    if not prop["logicalTypeOptions"]:
        del prop["logicalTypeOptions"]


def _none_of(prop: Part, metric: str, arguments: tuple[str, ...] = ()) -> Part | None:
    """The rule of a column that lets no value break it, by its metric and all its arguments."""
    for rule in dicts(prop.get("quality")):
        given = rule.get("arguments")
        names = tuple(key for key, value in given.items() if value is not None) if isinstance(given, dict) else ()
        if type_of(rule) == "library" and rule.get("metric") == metric and names == arguments:
            bounds = [(key, value) for key, value in rule.items() if key.startswith("must") and value is not None]
            if not only_warns(rule) and bounds in ([("mustBe", 0)], [("mustBeLessOrEqualTo", 0)]):
                return rule
    return None


def _pair(was: Part, now: Part, metric: str, arguments: tuple[str, ...], key: str, value: Callable[[Part], Any],
          ) -> str:  # fmt: skip
    """Where one side says by a rule what the other says by a key, the rule is read as that key.

    They part in what the gate does: it refuses a delivery for a rule, and quarantines rows for a key.
    """
    for one, other in ((was, now), (now, was)):
        rule = _none_of(one, metric, arguments)
        if rule and not _said(one, key) and _said(other, key) and not _none_of(other, metric, arguments):
            one["quality"] = [each for each in one["quality"] if each is not rule]
            if not one["quality"]:
                del one["quality"]
            _say(one, key, value(rule))
            return "quarantined-instead" if one is was else "refused-instead"
    return ""


def _said(prop: Part, key: str) -> bool:
    holder: Any = prop
    *way, last = key.split(".")
    for step in way:
        holder = holder.get(step) if isinstance(holder, dict) else None
    return isinstance(holder, dict) and bool(holder.get(last))


def _say(prop: Part, key: str, value: Any) -> None:
    *way, last = key.split(".")
    for step in way:
        if not isinstance(prop.get(step), dict):
            prop[step] = {}
        prop = prop[step]
    prop[last] = value


def _required(was: Part, now: Part) -> str:
    return _pair(was, now, "nullValues", (), "required", lambda rule: True)


def _unique(was: Part, now: Part) -> str:
    return _pair(was, now, "duplicateValues", (), "unique", lambda rule: True)


def _enum(was: Part, now: Part) -> str:
    def values(rule: Part) -> list[Part]:
        listed = rule["arguments"]["validValues"]
        return [{"value": value} for value in (listed if isinstance(listed, list) else [listed])]

    for one, other in ((was, now), (now, was)):  # before v3.2 among the options of the type
        if _said(one, "logicalTypeOptions.enum") and not _said(one, "enum") and _said(other, "enum"):
            listed = one["logicalTypeOptions"].pop("enum")
            one["enum"] = listed if isinstance(listed, list) else [listed]
            if not one["logicalTypeOptions"]:
                del one["logicalTypeOptions"]
    return _pair(was, now, "invalidValues", ("validValues",), "enum", values)


def _pattern(was: Part, now: Part) -> str:
    return _pair(was, now, "invalidValues", ("pattern",), "logicalTypeOptions.pattern",
                 lambda rule: rule["arguments"]["pattern"])  # fmt: skip


_SPELLINGS: tuple[Callable[[Part, Part], str], ...] = (_required, _unique, _enum, _pattern)


def length_of(prop: Part) -> float | None:
    """The most characters that a text may have, by its type and by `maxLength`, infinite where none says it; None for a
    column that is no text, or whose length nobody can tell."""
    options, written = prop.get("logicalTypeOptions"), str(prop.get("physicalType") or "text")
    try:
        kind = canonical_type(written)
    except Breach:
        return None
    if not _TEXT.fullmatch(kind) or prop.get("logicalType") not in (None, "string"):
        return None
    most = options.get("maxLength") if isinstance(options, dict) else None
    if most is not None and type(most) is not int:
        return None
    return min(float(kind.partition("(")[2].strip(")") or "inf"), math.inf if most is None else most)


def without_length(old: Part, new: Part) -> tuple[Part, Part]:
    """Two versions of a column without what `length_of` tells of them."""
    if (
        length_of(old) is None
        or length_of(new) is None
        or bool(old.get("physicalType")) != bool(new.get("physicalType"))
    ):
        return old, new

    def bare(prop: Part) -> Part:
        options = {key: value for key, value in (prop.get("logicalTypeOptions") or {}).items() if key != "maxLength"}
        kept = {key: value for key, value in prop.items() if key != "logicalTypeOptions"}
        kind = {"physicalType": "text"} if prop.get("physicalType") else {}
        return {**kept, **kind, **({"logicalTypeOptions": options} if options else {})}

    return bare(old), bare(new)
