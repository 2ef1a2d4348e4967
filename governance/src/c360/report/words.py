"""Clauses and spans of time in words, for people who do not read YAML."""

from typing import Any

from c360.model import Anomaly, Clause, Latency, Noted, Rule
from c360.printable import number, span

_METRICS = {
    "rowCount": "the number of rows", "nullValues": "the number of empty values",
    "missingValues": "the number of missing values", "invalidValues": "the number of invalid values",
    "duplicateValues": "the number of duplicates",
}  # fmt: skip


def in_words(clause: Clause) -> str:
    """The promise as a sentence without its subject, which is the column or the table. The contract's own
    description counts where it has one."""
    if clause.description:
        return clause.description
    a, simple = clause.argument, _SIMPLE.get(clause.kind)
    if simple:
        return simple
    if isinstance(a, Rule):
        return _rule(a)
    if isinstance(a, Noted):
        return f"{a.text} (not enforced: {a.why})"
    if isinstance(a, Latency):
        return f"at most {span(a.seconds)} lie between {clause.column} and {a.until}"
    if isinstance(a, Anomaly):
        return f"is as usual ({str(a.test).replace('_', ' ')})"
    match clause.kind:
        case "physicalType":
            return f"has the type {a}"
        case "format":
            return f"is written as {a}"
        case "enum":
            return f"is one of {_listed(a)}"
        case "pattern":
            return f"matches {a}"
        case "primaryKey" | "unique":
            return f"{', '.join(a)}: never the same twice"
        case "minLength" | "maxLength":
            return f"has at {'least' if clause.kind == 'minLength' else 'most'} {a} characters"
        case "minimum" | "maximum":
            return f"is at {'least' if clause.kind == 'minimum' else 'most'} {a}"
        case "exclusiveMinimum" | "exclusiveMaximum":
            return f"is {'more' if clause.kind == 'exclusiveMinimum' else 'less'} than {a}"
        case "multipleOf":
            return f"is a multiple of {a}"
        case "relationship":
            return f"exists in {a.target} ({', '.join(a.target_columns)})"
        case "freshness":
            return f"the newest row is at most {span(a)} old"
        case "retention":
            return f"no row is older than {span(a)}"
        case "classification":
            return f"is classified as {a}"
    return clause.kind


_SIMPLE = {
    "present": "the column is there",
    "required": "is never empty",
    "unexpectedColumns": "has no column that is not in the contract",
}


def _listed(values: Any) -> str:
    texts = [str(value) for value in values]
    return "; ".join(texts[:12]) + (f"; … {len(texts) - 12} more" if len(texts) > 12 else "")


def _rule(rule: Rule) -> str:
    what = _METRICS.get(rule.metric, "the result of its query")
    percent = " %" if rule.unit == "percent" else ""
    return f"{what} {rule.operator.told(rule.expected)}{percent}"


__all__ = ["in_words", "number", "span"]
