"""The rules: each kind of change, whom it breaks, and its mirror, which is the same change the other way round."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Grade = Literal["break", "note", "safe"]


class Step(IntEnum):
    """How far a version has to move. `NEVER`: no version mends it, it has to be done otherwise."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3
    NEVER = 4

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Rule:
    """What is known of one kind of change. `least` is the step that it needs even where it breaks nobody."""

    name: str
    description: str
    consumers: Grade
    producers: Grade
    mirror: str
    least: Step = Step.MINOR

    def step(self, layer: str) -> Step:
        """What breaks consumers needs a major step. So does what breaks producers, but in a product: its producer
        is who writes the contract, and builds the table anew in the same change."""
        breaks = self.consumers == "break" or (self.producers == "break" and layer != "products")
        return max(self.least, Step.MAJOR if breaks else Step.NONE)


_LOOSER: tuple[Grade, Grade] = ("break", "safe")
"""A promise that shrinks: who counts on it is hit, and what kept it still does."""
_TIGHTER: tuple[Grade, Grade] = ("safe", "break")
_OTHER: tuple[Grade, Grade] = ("break", "break")
_NOTED: tuple[Grade, Grade] = ("note", "note")
_SAFE: tuple[Grade, Grade] = ("safe", "safe")

_TABLE: list[tuple[str, str, tuple[Grade, Grade], str]] = [
    ("id-changed", "the contract's id", _OTHER, "id-changed"),
    ("contract-renamed", "the contract's name, which dbt and the history know it by", _OTHER, "contract-renamed"),
    ("system-changed", "the custom property `system`, by which dbt knows the source", ("break", "note"),
     "system-changed"),
    ("table-removed", "a table goes", ("break", "note"), "table-added"),
    ("table-added", "a table comes", ("safe", "note"), "table-removed"),
    ("table-renamed", "a table's name in the contract (the same `id`, `physicalName` or columns)", ("break", "note"),
     "table-renamed"),
    ("physical-name-changed", "the `physicalName` of a table or column, in the database and in deliveries", _OTHER,
     "physical-name-changed"),
    ("column-removed", "a column goes; deliveries that still hold it are refused, unless further columns are allowed",
     ("break", "note"), "column-added"),
    ("column-added", "a column comes that may be empty; a delivery without it is taken, with a warning, "
     "and it is read as null", ("safe", "note"),
     "column-removed"),
    ("required-column-added", "a column comes that may not be empty", _TIGHTER, "column-removed"),
    ("column-renamed", "a column's name in the contract (the same `id` or `physicalName`)", ("break", "note"),
     "column-renamed"),
    ("type-widened", "a type that holds every value of the old one and means the same: int to bigint, numeric(10,2) to "
     "numeric(12,2), varchar(10) to varchar(20) to text, real to double; logical: integer to number", _SAFE,
     "type-narrowed"),
    ("type-narrowed", "the reverse: values that could come no longer can", _OTHER, "type-widened"),
    ("type-changed", "any other type: text to integer, date to timestamp, timestamp to timestamptz, numeric(10,2) to "
     "numeric(10,4)", _OTHER, "type-changed"),
    ("type-added", "a type is promised where none was", _TIGHTER, "type-dropped"),
    ("type-dropped", "a type is promised no more", _LOOSER, "type-added"),
    ("required-added", "a column may no longer be empty", _TIGHTER, "required-dropped"),
    ("required-dropped", "a column may be empty", _LOOSER, "required-added"),
    ("unique-added", "a column becomes unique", _TIGHTER, "unique-dropped"),
    ("unique-dropped", "a column is unique no more", _LOOSER, "unique-added"),
    ("key-added", "a table gets a primary key", _TIGHTER, "key-dropped"),
    ("key-dropped", "a table loses its primary key", _LOOSER, "key-added"),
    ("key-changed", "the primary key has other columns", _OTHER, "key-changed"),
    ("enum-added", "a column gets a list of allowed values", _TIGHTER, "enum-dropped"),
    ("enum-dropped", "any value is allowed", _LOOSER, "enum-added"),
    ("enum-value-added", "a value is allowed: who switches on the values meets one that they do not know", _LOOSER,
     "enum-value-removed"),
    ("enum-value-removed", "a value is allowed no more", _TIGHTER, "enum-value-added"),
    ("constraint-added", "a bound or a length, `pattern`, `format`, `multipleOf`, `uniqueItems`, `identity`, "
     "`notInFuture`", _TIGHTER, "constraint-dropped"),
    ("constraint-dropped", "one of these goes", _LOOSER, "constraint-added"),
    ("constraint-tightened", "one of these, or `maxQuarantineRatio`, allows less", _TIGHTER, "constraint-loosened"),
    ("constraint-loosened", "one of these, or `maxQuarantineRatio`, allows more", _LOOSER, "constraint-tightened"),
    ("constraint-changed", "one of these allows something else, or nobody can tell: another pattern", _OTHER,
     "constraint-changed"),
    ("unexpected-allowed", "`allowUnexpectedColumns`: further columns may come", ("note", "safe"),
     "unexpected-forbidden"),
    ("unexpected-forbidden", "no further column may come", _TIGHTER, "unexpected-allowed"),
    ("form-widened", "the custom property `delivery`: more `aliases` or `ignoreCase`, and no other change", _SAFE,
     "form-changed"),
    ("form-changed", "the form of deliveries is another, or nobody can tell: delimiter, encoding, formats, nulls",
     _TIGHTER, "form-changed"),
    ("relationship-added", "a reference to another table", _TIGHTER, "relationship-dropped"),
    ("relationship-dropped", "a reference goes", _LOOSER, "relationship-added"),
    ("quality-added", "a quality rule of severity error", _TIGHTER, "quality-dropped"),
    ("quality-dropped", "a quality rule of severity error goes", _LOOSER, "quality-added"),
    ("quality-tightened", "the numbers of a quality rule allow less", _TIGHTER, "quality-loosened"),
    ("quality-loosened", "the numbers of a quality rule allow more", _LOOSER, "quality-tightened"),
    ("quality-changed", "a quality rule measures or allows something else", _OTHER, "quality-changed"),
    ("quarantined-instead", "by a key (`required`, `unique`, `enum`, `pattern`) what a quality rule said: rows are "
     "quarantined, no delivery is refused", _SAFE, "refused-instead"),
    ("refused-instead", "by a quality rule what a key said: a delivery is refused for a row that was quarantined",
     _TIGHTER, "quarantined-instead"),
    ("severity-raised", "a quality rule no longer only warns", _TIGHTER, "severity-lowered"),
    ("severity-lowered", "a quality rule only warns", _LOOSER, "severity-raised"),
    ("advice-added", "a quality rule that only warns, or is said in words", _SAFE, "advice-dropped"),
    ("advice-dropped", "such a rule goes", ("note", "safe"), "advice-added"),
    ("advice-changed", "such a rule is another", _NOTED, "advice-changed"),
    ("classification-lowered", "a more open `classification`: data is less protected than was promised", _OTHER,
     "classification-raised"),
    ("classification-raised", "a more closed `classification`: consumers lose sight of the data", _LOOSER,
     "classification-lowered"),
    ("classification-added", "a `classification` where none was", _SAFE, "classification-dropped"),
    ("classification-dropped", "no `classification`: nobody knows how to protect it", _OTHER, "classification-added"),
    ("classification-changed", "a `classification` that is on no list of levels", _OTHER, "classification-changed"),
    ("sla-added", "a service level", _TIGHTER, "sla-dropped"),
    ("sla-dropped", "a service level goes", _LOOSER, "sla-added"),
    ("sla-tightened", "a service level promises more: fresher, sooner, more available", _TIGHTER, "sla-loosened"),
    ("sla-loosened", "a service level promises less", _LOOSER, "sla-tightened"),
    ("sla-changed", "a service level of something else, or nobody can tell which is more", _OTHER, "sla-changed"),
    ("sla-noted", "a service level that we do not know", _NOTED, "sla-noted"),
    ("retention-shortened", "data is kept for less time, or for a limited one: history goes, older rows are refused",
     _OTHER, "retention-lengthened"),
    ("retention-lengthened", "data is kept for longer", ("note", "safe"), "retention-shortened"),
    ("retention-added", "data is kept for a limited time", _OTHER, "retention-dropped"),
    ("retention-dropped", "nobody says how long data is kept", _LOOSER, "retention-added"),
    ("notice-shortened", "`noticePeriod` is shorter, or gone", _LOOSER, "notice-lengthened"),
    ("notice-lengthened", "`noticePeriod` is longer, or new", ("safe", "note"), "notice-shortened"),
    ("server-removed", "a server goes", ("break", "note"), "server-added"),
    ("server-added", "a server comes", _SAFE, "server-removed"),
    ("server-moved", "the data is elsewhere: schema, database, catalog, type, and where people work, the host",
     ("break", "note"), "server-moved"),
]  # fmt: skip

_WITHOUT_A_PROMISE: list[tuple[str, str, tuple[Grade, Grade], str, Step]] = [
    ("version-raised", "the version", _SAFE, "version-lowered", Step.NONE),
    ("version-lowered", "the version goes backwards", _OTHER, "version-raised", Step.NEVER),
    ("released", "draft or proposed to active", _SAFE, "withdrawn", Step.NONE),
    ("withdrawn", "a released version becomes a draft", _OTHER, "released", Step.NEVER),
    ("deprecated", "active to deprecated", _NOTED, "reinstated", Step.NONE),
    ("reinstated", "deprecated or retired to active", _SAFE, "deprecated", Step.NONE),
    ("retired", "deprecated to retired, once its sunset has passed", _NOTED, "reinstated", Step.NONE),
    ("retired-without-notice", "retired without having been deprecated, without a sunset date, or before it", _OTHER,
     "reinstated", Step.NEVER),
    ("sunset-changed", "the sunset date (custom property `sunset`, or SLA `endOfLife`, `endOfSupport`), `replacement`",
     _NOTED, "sunset-changed", Step.NONE),
    ("sunset-too-near", "the sunset date is nearer than the notice period that was promised", _LOOSER,
     "sunset-changed", Step.NEVER),
    ("status-changed", "any other status", _NOTED, "status-changed", Step.NONE),
    ("terms-changed", "`description.usage`, `description.limitations`", ("note", "safe"), "terms-changed", Step.PATCH),
    ("owner-changed", "`team`, `support`", _SAFE, "owner-changed", Step.PATCH),
    ("words-changed", "descriptions, labels, tags, examples, links", _SAFE, "words-changed", Step.PATCH),
    ("order-changed", "the order of columns, tables, values: who reads by position is hit", _NOTED, "order-changed",
     Step.PATCH),
    ("respelled", "written otherwise, and means the same: int4 for integer, maxLength 30 for varchar(30), "
     "blanks in SQL", _SAFE,
     "respelled", Step.NONE),
    ("noted", "anything that no rule knows", _NOTED, "noted", Step.PATCH),
]  # fmt: skip

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        *(Rule(name, description, *grades, mirror) for name, description, grades, mirror in _TABLE),
        *(
            Rule(name, description, *grades, mirror, least)
            for name, description, grades, mirror, least in _WITHOUT_A_PROMISE
        ),
    )
}
"""By name, in the order of docs/versions.md."""
