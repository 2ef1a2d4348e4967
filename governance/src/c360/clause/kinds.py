"""Every kind of clause, one entry each: to add a kind is to add an entry, and the fixture that breaks it.

All that a stage needs to know of a kind stands here (see c360.model.Kind); reading, conditions, measures and texts
that are more than a line are functions of the modules beside this one.
"""

from typing import Any

from c360.clause import inside, levels, measures, predicates, reading, rules
from c360.clause.arguments import Anomaly, Bound, Latency, Nested, Relationship, Rule, Scalar, Unenforced
from c360.model import Clause, Kind
from c360.printable import span

_AT_THE_GATE = "what landed has the contract's columns and types by then"
_CHOSEN = "the contract names no type of an engine, and what is stored has the one that was chosen for it"
_ONE_IDENTITY = "a key that stands once has one identity"
_NO_LINES = "a table has no lines left to be read"
_NOBODY_ELSE = "only who brings a row in sees it beside the one that is there"
_SAID = "it is said about the contract, and lint holds it"
_WANTS_A_PAST = "a table has no past: the gate compares deliveries, and Elementary's test in dbt days"


def _listed(clause: Clause[tuple[Scalar, ...]]) -> str:
    texts = [str(value) for value in clause.argument]
    return "; ".join(texts[:12]) + (f"; … {len(texts) - 12} more" if len(texts) > 12 else "")


def _measured(what: str, clause: Clause[Rule]) -> str:
    percent = " %" if clause.argument.unit == "percent" else ""
    return f"{what} {clause.argument.operator.describe(clause.argument.expected)}{percent}"


def _never_twice(clause: Clause[tuple[str, ...]]) -> str:
    return f"{', '.join(clause.argument)}: never the same twice"


# of columns

PRESENT = Kind[None](
    "present",
    "delivery",
    reading.present,
    lambda clause: "the column is there",
    dimension="completeness",
    measure=measures.present,
    dbt="column_clause",
    datacontract=True,
    checks=("field_is_present",),
    not_here={"soda at the gate": _AT_THE_GATE},
)
PHYSICAL_TYPE = Kind[str](
    "physicalType",
    "delivery",
    reading.physical_type,
    lambda clause: f"has the type {clause.argument}",
    measure=measures.physical_type,
    dbt="column_clause",
    datacontract=True,
    checks=("field_physical_type",),
    not_here={"soda at the gate": _AT_THE_GATE},
    by_value=True,
)
LOGICAL_TYPE = Kind[str](
    "logicalType",
    "delivery",
    reading.logical_type,
    lambda clause: f"holds nothing but values of the logical type {clause.argument}",
    checks=("field_type",),
    not_here=dict.fromkeys(("soda at the gate", "soda scan", "dbt", "verify"), _CHOSEN),
    by_value=True,
)
REQUIRED = Kind[bool](
    "required",
    "row",
    reading.required,
    lambda clause: "is never empty",
    dimension="completeness",
    violation=predicates.required,
    dbt="not_null",
    datacontract=True,
    checks=("field_required", "field_primary_key_required"),
)
PRIMARY_KEY = Kind[tuple[str, ...]](
    "primaryKey",
    "row",
    reading.primary_key,
    _never_twice,
    dimension="uniqueness",
    measure=measures.duplicates,
    dbt="unique",
    datacontract=True,
    checks=("field_unique", "field_primary_key_unique", "primary_key_unique"),
    disputed=True,
)
UNIQUE = Kind[tuple[str, ...]](
    "unique",
    "row",
    reading.unique,
    _never_twice,
    dimension="uniqueness",
    measure=measures.duplicates,
    dbt="unique",
    datacontract=True,
    checks=("field_unique",),
    disputed=True,
)
ENUM = Kind[tuple[Scalar, ...]](
    "enum",
    "row",
    reading.enum,
    lambda clause: f"is one of {_listed(clause)}",
    violation=predicates.enum,
    datacontract=True,
    checks=("field_enum",),
)
MIN_LENGTH = Kind[int](
    "minLength",
    "row",
    reading.length("minLength"),
    lambda clause: f"has at least {clause.argument} characters",
    violation=predicates.length("<"),
    datacontract=True,
    checks=("field_min_length",),
)
MAX_LENGTH = Kind[int](
    "maxLength",
    "row",
    reading.length("maxLength"),
    lambda clause: f"has at most {clause.argument} characters",
    violation=predicates.length(">"),
    datacontract=True,
    checks=("field_max_length",),
)
PATTERN = Kind[str](
    "pattern",
    "row",
    reading.pattern,
    lambda clause: f"matches {clause.argument}",
    violation=predicates.pattern,
    datacontract=True,
    checks=("field_regex",),
)
MINIMUM = Kind[Bound](
    "minimum",
    "row",
    reading.bound("minimum"),
    lambda clause: f"is at least {clause.argument}",
    violation=predicates.bound("<"),
    datacontract=True,
    checks=("field_minimum",),
)
MAXIMUM = Kind[Bound](
    "maximum",
    "row",
    reading.bound("maximum"),
    lambda clause: f"is at most {clause.argument}",
    violation=predicates.bound(">"),
    datacontract=True,
    checks=("field_maximum",),
)
EXCLUSIVE_MINIMUM = Kind[Bound](
    "exclusiveMinimum",
    "row",
    reading.bound("exclusiveMinimum"),
    lambda clause: f"is more than {clause.argument}",
    violation=predicates.bound("<="),
    datacontract=True,
    checks=("field_minimum", "field_not_equal"),
)
EXCLUSIVE_MAXIMUM = Kind[Bound](
    "exclusiveMaximum",
    "row",
    reading.bound("exclusiveMaximum"),
    lambda clause: f"is less than {clause.argument}",
    violation=predicates.bound(">="),
    datacontract=True,
    checks=("field_maximum", "field_not_equal"),
)
MULTIPLE_OF = Kind[Bound](
    "multipleOf",
    "row",
    reading.bound("multipleOf"),
    lambda clause: f"is a multiple of {clause.argument}",
    violation=predicates.multiple_of,
)
FORMAT = Kind[str](
    "format",
    "row",
    reading.form,
    lambda clause: f"is written as {clause.argument}",
    violation=predicates.form,
)
RELATIONSHIP = Kind[Relationship](
    "relationship",
    "row",
    reading.relationship,
    lambda clause: f"exists in {clause.argument.target} ({', '.join(clause.argument.target_columns)})",
    dimension="consistency",
    measure=measures.relationship,
    dbt="relationships",
    checks=("field_relationships",),  # within one contract only, so it does not count as measured
)
_OF_A_VALUE: tuple[Kind[Any], ...] = (
    REQUIRED, ENUM, MIN_LENGTH, MAX_LENGTH, PATTERN, MINIMUM, MAXIMUM, EXCLUSIVE_MINIMUM, EXCLUSIVE_MAXIMUM,
    MULTIPLE_OF, FORMAT,
)  # fmt: skip
NESTED = Kind[Nested](
    "nested",
    "row",
    inside.read(_OF_A_VALUE),
    inside.description(_OF_A_VALUE),
    violation=inside.violation(_OF_A_VALUE),
    reads_nested=True,
)
CLASSIFICATION = Kind[str](
    "classification",
    "contract",
    reading.text("classification"),
    lambda clause: f"is classified as {clause.argument}",
    linted="checked",
    not_here={"gate": _SAID, "soda scan": _SAID, "verify": _SAID, "dbt": "carried as the column's meta"},
)

# quality rules

ROW_COUNT = Kind[Rule](
    "rowCount",
    "delivery",
    rules.metric("rowCount"),
    lambda clause: _measured("the number of rows", clause),
    "rule",
    measure=measures.row_count,
    datacontract=True,
)
NULL_VALUES = Kind[Rule](
    "nullValues",
    "delivery",
    rules.metric("nullValues"),
    lambda clause: _measured("the number of empty values", clause),
    "rule",
    measure=measures.null_values,
    datacontract=True,
)
MISSING_VALUES = Kind[Rule](
    "missingValues",
    "delivery",
    rules.metric("missingValues"),
    lambda clause: _measured("the number of missing values", clause),
    "rule",
    measure=measures.missing_values,
    datacontract=True,
)
INVALID_VALUES = Kind[Rule](
    "invalidValues",
    "delivery",
    rules.metric("invalidValues"),
    lambda clause: _measured("the number of invalid values", clause),
    "rule",
    measure=measures.invalid_values,
    datacontract=True,
)
DUPLICATE_VALUES = Kind[Rule](
    "duplicateValues",
    "delivery",
    rules.metric("duplicateValues"),
    lambda clause: _measured("the number of duplicates", clause),
    "rule",
    measure=measures.duplicate_values,
    datacontract=True,
)
SQL = Kind[Rule](
    "sql",
    "delivery",
    rules.sql,
    lambda clause: _measured("the result of its query", clause),
    "rule",
    measure=measures.sql,
    datacontract=True,
)
ROW_RULE = Kind[Rule](
    "rowRule",
    "row",
    rules.row_rule,
    lambda clause: _measured("the result of its query", clause),
    "rule",
    violation=predicates.row_rule,
    datacontract=True,
)
ANOMALY = Kind[Anomaly](
    "anomaly",
    "contract",
    rules.anomaly,
    lambda clause: f"is as usual ({clause.argument.test.replace('_', ' ')})",
    "rule",
    dbt="elementary",
    not_here=dict.fromkeys(("soda scan", "verify"), _WANTS_A_PAST),
)

# of the table as a whole

UNEXPECTED_COLUMNS = Kind[bool](
    "unexpectedColumns",
    "delivery",
    reading.unexpected_columns,
    lambda clause: "has no column that is not in the contract",
    "table",
    custom=("allowUnexpectedColumns",),
    measure=measures.unexpected_columns,
    dbt="unexpected_columns_clause",
    not_here={"soda at the gate": _AT_THE_GATE},
)
FRESHNESS = Kind[int](
    "freshness",
    "delivery",
    levels.age("freshness"),
    lambda clause: f"the newest row is at most {span(clause.argument)} old",
    "service level",
    dimension="timeliness",
    measure=measures.freshness,
    by_source_freshness=True,
    datacontract=True,
    checks=("servicelevel_freshness",),
    ages=True,
)
RETENTION = Kind[int](
    "retention",
    "delivery",
    levels.age("retention"),
    lambda clause: f"no row is older than {span(clause.argument)}",
    "service level",
    dimension="timeliness",
    measure=measures.retention,
    datacontract=True,
    checks=("servicelevel_retention",),
    ages=True,
)
LATENCY = Kind[Latency](
    "latency",
    "delivery",
    levels.latency,
    lambda clause: f"at most {span(clause.argument.seconds)} lie between {clause.column} and {clause.argument.until}",
    "service level",
    dimension="timeliness",
    measure=measures.latency,
)
NOT_IN_FUTURE = Kind[int](
    "notInFuture",
    "row",
    reading.not_in_future,
    lambda clause: (
        f"lies at most {span(clause.argument)} beyond the clock" if clause.argument else "is not in the future"
    ),
    "custom",
    custom=("notInFuture", "futureTolerance"),
    dimension="timeliness",
    violation=predicates.in_future,
)
IDENTITY = Kind[tuple[str, ...]](
    "identity",
    "row",
    reading.identity,
    lambda clause: f"one key stands for one {', '.join(clause.argument)}",
    "custom",
    custom=("identity",),
    dimension="consistency",
    measure=measures.identity,
    not_here={"soda at the gate": _ONE_IDENTITY},
    disputed=True,
)
CONFLICT = Kind[None](
    "conflict",
    "row",
    reading.conflict,
    lambda clause: "what is loaded at one time says one thing",
    "custom",
    dimension="consistency",
    not_here=dict.fromkeys(("soda scan", "dbt", "verify"), _NOBODY_ELSE),
    disputed=True,
)
READABLE = Kind[None](
    "readable",
    "row",
    reading.readable,
    lambda clause: "every line is a record",
    "custom",
    not_here=dict.fromkeys(("soda scan", "dbt", "verify"), _NO_LINES),
)
UNENFORCED = Kind[Unenforced](
    "unenforced",
    "contract",
    reading.nothing,
    lambda clause: f"{clause.argument.text} (not enforced: {clause.argument.why})",
    linted="reported",
)

KINDS = {kind.name: kind for kind in list(globals().values()) if isinstance(kind, Kind)}
"""All of the above, by name, in their order."""
