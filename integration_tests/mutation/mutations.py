"""Every mutation: its name, what it does, and the clauses that it breaks; without any it is a legal change."""

from dataclasses import dataclass, field

from .changes import Add, Change, Ddl, Drop, Every, Extra, Keep, Order, Put
from .clean import ago

POINTS = ("soda", "ingest", "dbt", "verify")

NO_FILE = {"ingest": "a delivered file has no column types; the gate casts it to the contract's"}
NO_TABLE = {p: "a table of that type cannot hold such a value" for p in ("soda", "dbt", "verify")}
NOT_INGESTED = {"ingest": "a product is built, not delivered"}
BUILT_SO = {"dbt": "dbt builds a model's table in the contract's types, whatever size the query returns"}


@dataclass(frozen=True)
class Mutation:
    """`clauses` are all that it breaks, without the dataset's name; `at` says so for a point where they are others.

    `not_here` tells why a point cannot see it at all.
    """

    dataset: str
    name: str
    changes: tuple[Change, ...]
    clauses: tuple[str, ...]
    at: dict[str, tuple[str, ...]] = field(default_factory=dict)
    not_here: dict[str, str] = field(default_factory=dict)

    @property
    def legal(self) -> bool:
        return not self.clauses

    def expected(self, point: str) -> set[str]:
        return {f"{self.dataset}.{clause}" for clause in self.at.get(point, self.clauses)}


def breaks(
    dataset: str, clauses: str, name: str, *changes: Change, at: dict | None = None, not_here: dict | None = None
) -> Mutation:
    by_point = {point: tuple(text.split(" & ")) for point, text in (at or {}).items()}
    return Mutation(dataset, name, changes, tuple(clauses.split(" & ")), by_point, not_here or {})


def legal(dataset: str, name: str, *changes: Change, not_here: dict | None = None) -> Mutation:
    return Mutation(dataset, name, changes, (), {}, not_here or {})


def put(dataset: str, column: str, value: str | None, clause: str, name: str, **further: str | None) -> Mutation:
    """One value of one column, which breaks one clause of this column."""
    return breaks(dataset, f"{column}.{clause}", f"{column}: {name}", Put({column: value, **further}))


TEXTS = [
    put("texts", "status", None, "required", "null"),
    put("texts", "status", "New", "enum", "other case"),
    put("texts", "status", "new ", "enum", "trailing blank"),
    put("texts", "status", "its", "enum", "apostrophe lost"),
    put("texts", "status", "it''s", "enum", "apostrophe doubled"),
    put("texts", "status", "Clothing", "enum", "up to the comma"),
    put("texts", "status", "backslash", "enum", "backslash lost"),
    put("texts", "status", "back\\\\slash", "enum", "backslash doubled"),
    put("texts", "status", "A\u0308rger", "enum", "decomposed umlaut"),
    put("texts", "status", "", "enum", "empty where it is not listed"),
    put("texts", "flag", " ", "enum", "blank where empty is listed"),
    put("texts", "size", "4", "enum", "number not listed"),
    put("texts", "code", "AB12", "pattern", "too short"),
    put("texts", "code", "xAB123", "pattern", "text before the anchor"),
    put("texts", "code", "AB123x", "pattern", "text after the anchor"),
    put("texts", "code", "AB123\n", "pattern", "trailing line break"),
    put("texts", "code", "ab123", "pattern", "other case"),
    put("texts", "code", "", "pattern", "empty"),
    put("texts", "code", "AB١٢٣", "pattern", "Arabic-Indic digits"),
    put("texts", "path", "c:temp", "pattern", "no backslash"),
    put("texts", "path", "c:\\tämp", "pattern", "letter beyond ASCII"),
    put("texts", "loose", "ab c", "pattern", "not found"),
    put("texts", "loose", "ABC", "pattern", "found in other case only"),
    put("texts", "word", "concatenate", "pattern", "no word boundary"),
    put("texts", "title", "a", "minLength", "one less"),
    put("texts", "title", "", "minLength", "empty"),
    put("texts", "title", "ä", "minLength", "one character of two bytes"),
    put("texts", "title", "abcdef", "maxLength", "one more"),
    put("texts", "title", "abcde ", "maxLength", "one blank more"),
    legal("texts", "optional columns null", Every({c: None for c in ("flag", "size", "code", "title")})),
]
DATES = [
    put("dates", "day", "2023-02-29", "format", "29 February of a common year"),
    put("dates", "day", "2024-02-30", "format", "30 February"),
    put("dates", "day", "2024/02/29", "format", "other separators"),
    put("dates", "day", "2024-02-29 ", "format", "trailing blank"),
    put("dates", "day", "24-02-29", "format", "short year"),
    put("dates", "day", "", "format", "empty"),
    put("dates", "day", "٢٠٢٤-٠٢-٢٩", "format", "Arabic-Indic digits"),
    put("dates", "day", "2024-02-29 10:00:00", "format", "a time too many"),
    put("dates", "at", "2024-02-29 24:00:00.000", "format", "24:00:00"),
    put("dates", "at", "2024-02-29 23:59:60.000", "format", "61st second"),
    put("dates", "at", "2024-02-29 23:60:00.000", "format", "61st minute"),
    put("dates", "at", "2024-02-30 10:00:00.000", "format", "30 February"),
    put("dates", "at", "2024-02-29T23:59:59.999", "format", "T for the blank"),
    put("dates", "at", "2024-02-29 23:59:59,999", "format", "comma for the dot"),
    put("dates", "at", "2024-02-29 23:59:59.99", "format", "a digit less"),
    put("dates", "at", "2024-02-29 23:59:59.999\n", "format", "trailing line break"),
    put("dates", "at_iso", "2024-02-29T23:59:59", "format", "no zone"),
    put("dates", "at_iso", "2024-02-30T23:59:59Z", "format", "30 February"),
    put("dates", "dmy", "02/29/2024", "format", "month first"),
    put("dates", "dmy", "30/02/2024", "format", "30 February"),
    put("dates", "dmy", "2024-02-29", "format", "year first"),
    legal("dates", "optional columns null", Every({c: None for c in ("day", "at", "at_iso", "dmy")})),
]
FORMATS = [
    put("formats", column, value, "format", name)
    for column, value, name in (
        ("u", "5f0c9b864c9d4c028e9c7e1d3f6a2b10", "uuid without hyphens"),
        ("u", "{5f0c9b86-4c9d-4c02-8e9c-7e1d3f6a2b10}", "uuid in braces"),
        ("u", "5f0c9b86-4c9d-4c02-8e9c-7e1d3f6a2b1g", "uuid with a letter beyond f"),
        ("u", "", "empty uuid"),
        ("mail", "someone", "address without a domain"),
        ("mail", "a b@example.com", "address with a blank"),
        ("mail", "a@b@example.com", "address with two at signs"),
        ("mail", "a@example.com\n", "address with a line break"),
        ("mail", "a@-example.com", "address of a domain with a hyphen in front"),
        ("mail", "ä@example.com", "address beyond ASCII"),
        ("host", "a_b.example.com", "host name with an underscore"),
        ("host", "a..b", "host name with an empty label"),
        ("host", "x" * 64, "host name with a label too long"),
        ("host", ".".join(["x" * 63] * 4), "host name too long"),
        ("v4", "256.0.0.1", "IPv4 beyond a byte"),
        ("v4", "1.2.3", "IPv4 of three bytes"),
        ("v4", "01.2.3.4", "IPv4 with a leading zero"),
        ("v6", "1::2::3", "IPv6 with two gaps"),
        ("v6", "12345::", "IPv6 with a long group"),
        ("v6", "1:2:3:4:5:6:7:8:9", "IPv6 of nine groups"),
        ("v6", "fe80::1%eth0", "IPv6 with a zone"),
        ("link", "//example.com", "URI without a scheme"),
        ("link", "https://example.com/a b", "URI with a blank"),
        ("link", "https://example.com/%2", "URI with half an escape"),
        ("blob", "YQ=", "base64 cut short"),
        ("blob", "YQ_-", "base64 for URLs"),
        ("day", "2023-02-29", "29 February of a common year"),
        ("day", "2024-2-9", "a day of one digit"),
        ("clock", "24:00:00Z", "24:00"),
        ("clock", "23:59:59", "a time without a zone"),
        ("stamp", "2023-02-29T10:00:00Z", "a time on 29 February of a common year"),
        ("stamp", "2024-02-29 10:00:00Z", "a blank for the T"),
        ("stamp", "2024-02-29T10:00:00", "no zone"),
        ("old", "30.02.2024", "30 February"),
        ("old", "2024-02-29", "year first"),
        ("tiny", "256", "one more than a byte holds"),
        ("tiny", "-1", "less than none"),
        ("wide", "9223372036854775808", "one more than 64 bits hold"),
    )
]
NUMBERS = [
    put("numbers", "whole", "0", "minimum", "below"),
    put("numbers", "whole", "11", "maximum", "above"),
    put("numbers", "open", "0", "exclusiveMinimum", "at the bound"),
    put("numbers", "open", "10", "exclusiveMaximum", "at the bound"),
    put("numbers", "large", "-9007199254740994", "minimum", "one below what a double holds"),
    put("numbers", "large", "9007199254740994", "maximum", "one above what a double holds"),
    put("numbers", "price", "-0.05", "minimum", "below"),
    breaks(
        "numbers",
        "price.minimum & price.multipleOf",
        "price: NaN",
        Put({"price": "NaN"}),
        at={"ingest": "price.physicalType"},
    ),
    put("numbers", "price", "0.07", "multipleOf", "between two steps"),
    put("numbers", "price", "9999999999.99", "multipleOf", "large, between two steps"),
    put("numbers", "exact", "-1.00000000000000000001", "minimum", "a hair below"),
    put("numbers", "exact", "1.00000000000000000001", "maximum", "a hair above"),
    breaks(
        "numbers",
        "exact.minimum & exact.maximum",
        "exact: NaN",
        Put({"exact": "NaN"}),
        at={"ingest": "exact.physicalType"},
    ),
    breaks(
        "numbers", "exact.maximum", "exact: Infinity", Put({"exact": "Infinity"}), at={"ingest": "exact.physicalType"}
    ),
    put("numbers", "rate", "0.49999999999999994", "minimum", "a hair below"),
    put("numbers", "rate", "99.50000000000001", "maximum", "a hair above"),
    breaks("numbers", "rate.minimum & rate.maximum", "rate: NaN", Put({"rate": "NaN"})),
    breaks("numbers", "rate.maximum", "rate: Infinity", Put({"rate": "Infinity"})),
    breaks("numbers", "rate.minimum", "rate: -Infinity", Put({"rate": "-Infinity"})),
    put("numbers", "ratio", "0", "exclusiveMinimum", "at the bound"),
    put("numbers", "ratio", "1", "exclusiveMaximum", "at the bound"),
    breaks("numbers", "ratio.exclusiveMinimum & ratio.exclusiveMaximum", "ratio: NaN", Put({"ratio": "NaN"})),
    put("numbers", "share", "0.09", "minimum", "below"),
    put("numbers", "share", "0.71", "maximum", "above"),
    put("numbers", "step", "0.35", "multipleOf", "between two steps"),
    put("numbers", "step", "-0.25", "multipleOf", "negative, between two steps"),
    breaks("numbers", "step.multipleOf", "step: Infinity", Put({"step": "Infinity"})),
    breaks("numbers", "step.multipleOf", "step: NaN", Put({"step": "NaN"})),
    put("numbers", "packs", "7", "multipleOf", "between two steps"),
    put("numbers", "packs", "-7", "multipleOf", "negative, between two steps"),
    legal(
        "numbers",
        "optional columns null",
        Every({c: None for c in ("whole", "open", "price", "exact", "rate", "share", "step", "packs")}),
    ),
]
MOMENTS = [
    breaks(
        "late",
        "latency",
        "two hours and a second late",
        Put({"happened": ago(hours=5), "loaded": ago(hours=2, minutes=59, seconds=59) + "+00"}),
    ),
    legal("late", "loaded before it happened", Put({"happened": ago(hours=1), "loaded": ago(hours=9) + "+00"})),
    legal("late", "loaded in another zone", Put({"happened": ago(hours=5), "loaded": ago(hours=-7) + "+10"})),
    put("moments", "born", "1899-12-31", "minimum", "a day before"),
    put("moments", "born", "2026-03-01", "maximum", "a day after"),
    breaks("moments", "born.maximum", "born: infinity", Put({"born": "infinity"}), at={"ingest": "born.physicalType"}),
    put("moments", "paid", "2020-01-01", "exclusiveMinimum", "at the bound"),
    put("moments", "paid", "2026-01-01", "exclusiveMaximum", "at the bound"),
    put("moments", "seen", "2019-12-31 23:59:59.999999", "minimum", "a microsecond before"),
    put("moments", "seen", "2026-02-28 23:59:59.999001", "maximum", "a microsecond after"),
    put("moments", "left", "2020-01-01 00:00:00", "exclusiveMinimum", "at the bound"),
    put("moments", "left", "2026-01-01 00:00:00", "exclusiveMaximum", "at the bound, given with a zone"),
    put("moments", "touched", "2020-01-01 00:59:59+01", "minimum", "a second before, in another zone"),
    put("moments", "touched", "2026-01-01 00:00:01+00", "maximum", "a second after"),
    breaks("moments", "freshness", "a day and a second old", Every({"loaded_at": ago(days=1, seconds=1)})),
    breaks(
        "moments",
        "freshness & loaded_at.notInFuture",
        "stale behind one future timestamp",
        Every({"loaded_at": ago(days=3)}),
        Put({"loaded_at": ago(days=-1)}),
    ),
    breaks("moments", "freshness", "stale among nulls", Every({"loaded_at": None}), Put({"loaded_at": ago(days=2)})),
    breaks("moments", "freshness", "nulls only", Every({"loaded_at": None})),
    breaks("moments", "freshness & loaded_at.notInFuture", "future only", Every({"loaded_at": ago(days=-1)})),
    breaks("moments", "freshness", "no rows", Keep(0)),
    breaks("moments", "retention", "a row older than promised", Put({"kept": ago(days=366)})),
    legal("moments", "loaded this very moment", Put({"loaded_at": ago()})),
    legal("moments", "exactly a day old", Every({"loaded_at": ago(days=1)})),
    put("moments", "loaded_at", ago(days=-1), "notInFuture", "fresh, beside a future timestamp"),
    put("moments", "loaded_at", ago(hours=-1, seconds=-1), "notInFuture", "a second beyond the tolerance"),
    legal("moments", "within the tolerance", Put({"loaded_at": ago(hours=-1)})),
    legal(
        "moments",
        "optional columns null",
        Every({c: None for c in ("born", "paid", "seen", "left", "touched", "kept")}),
    ),
    breaks("hours", "freshness", "12 hours and a second old", Every({"loaded_at": ago(hours=12, seconds=1) + "+00"})),
    breaks("hours", "freshness", "stale, in a zone ahead", Every({"loaded_at": ago(hours=7) + "+06"})),
    legal("hours", "fresh, in a zone behind", Every({"loaded_at": ago(hours=17) + "-06"})),
    breaks("minutes", "freshness", "30 minutes and a second old", Every({"loaded_at": ago(minutes=30, seconds=1)})),
    legal("minutes", "exactly 30 minutes old", Every({"loaded_at": ago(minutes=30)})),
]
KEYS = [
    breaks("keys", "primaryKey", "one key, two contents", Add({"serial": "5000"})),
    breaks("keys", "number.required", "null within the key", Put({"number": None})),
    breaks(
        "keys",
        "number.required",
        "two rows whose key has the same null",
        Put({"region": "north", "number": None}),
        Put({"region": "north", "number": None}, row=9),
    ),
    breaks("keys", "serial.unique", "repeated", Put({"serial": "1021"}, row=12)),
    breaks("keys", "parent_serial.relationship", "leads nowhere", Put({"parent_serial": "999"})),
    breaks("keys", "owner_id.relationship", "leads nowhere, within the contract", Put({"owner_id": "100"})),
    breaks("keys", "person_id.relationship", "leads nowhere, in another contract", Put({"person_id": "100"})),
    breaks(
        "keys", "mail.relationship", "leads nowhere, to a column that is not the key", Put({"mail": "P7@example.com"})
    ),
    breaks(
        "keys",
        "relationship",
        "both columns exist, but not together",
        Put({"place_region": "south", "place_number": "4"}),
    ),
    breaks("people", "id.primaryKey", "one key, two contents", Add({"mail": "second@example.com"})),
    breaks("people", "id.required", "null key", Put({"id": None})),
    breaks("people", "mail.unique", "repeated", Put({"mail": "p8@example.com"})),
    breaks("order_lines", "id.primaryKey", "one key, two contents", Add({"Ref.No": "R-1000", "say.so": "1000"})),
    legal("people", "several nulls in a unique column", Put({"mail": None}), Put({"mail": None}, row=8)),
    legal("keys", "half of a reference null", Put({"place_region": None, "place_number": "12345"})),
    legal("keys", "half of a key repeated", Add({"region": "north", "number": "3000", "serial": "3000"})),
    legal("keys", "a row that refers to itself", Put({"serial": "7777", "parent_serial": "7777"})),
]
TYPES = [
    breaks(
        "types",
        "v.physicalType",
        "varchar(10) is varchar(11)",
        Ddl("alter table {table} alter column v type varchar(11)"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "v.physicalType",
        "varchar(10) is varchar",
        Ddl("alter table {table} alter column v type varchar"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "v.physicalType",
        "varchar(10) is text",
        Ddl("alter table {table} alter column v type text"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "t.physicalType",
        "text is varchar",
        Ddl("alter table {table} alter column t type varchar"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "n.physicalType",
        "numeric(12,2) is numeric(14,2)",
        Ddl("alter table {table} alter column n type numeric(14,2)"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "n.physicalType",
        "numeric(12,2) is numeric(12,1)",
        Ddl("alter table {table} alter column n type numeric(12,1)"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "n.physicalType",
        "numeric(12,2) is numeric",
        Ddl("alter table {table} alter column n type numeric"),
        not_here=NO_FILE,
    ),
    legal(
        "types",
        "numeric is numeric(20,8)",
        Ddl('alter table {table} alter column "any" type numeric(20,8)'),
        not_here=NO_FILE,
    ),
    legal(
        "types",
        "timestamp is timestamp(3), timestamptz is timestamptz(0), time is time(3)",
        Ddl(
            "alter table {table} alter column ts type timestamp(3), alter column tz type timestamptz(0), "
            "alter column tm type time(3)"
        ),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "any.physicalType",
        "numeric is double",
        Ddl('alter table {table} alter column "any" type double precision'),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "ts.physicalType",
        "timestamp is timestamptz",
        Ddl("alter table {table} alter column ts type timestamptz"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "tz.physicalType",
        "timestamptz is timestamp",
        Ddl("alter table {table} alter column tz type timestamp"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "ts3.physicalType",
        "timestamp(3) is timestamp(6)",
        Ddl("alter table {table} alter column ts3 type timestamp(6)"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "i.physicalType",
        "integer is bigint",
        Ddl("alter table {table} alter column i type bigint"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "b.physicalType",
        "bigint is numeric",
        Ddl("alter table {table} alter column b type numeric"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "s.physicalType",
        "smallint is integer",
        Ddl("alter table {table} alter column s type integer"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "c.physicalType",
        "char(3) is char(4)",
        Ddl("alter table {table} alter column c type char(4)"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "c.physicalType",
        "char(3) is varchar(3)",
        Ddl("alter table {table} alter column c type varchar(3)"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "d.physicalType",
        "date is timestamp",
        Ddl("alter table {table} alter column d type timestamp"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "f.physicalType",
        "double is real",
        Ddl("alter table {table} alter column f type real"),
        not_here=NO_FILE,
    ),
    breaks(
        "types", "u.physicalType", "uuid is text", Ddl("alter table {table} alter column u type text"), not_here=NO_FILE
    ),
    breaks(
        "types",
        "bo.physicalType",
        "boolean is text",
        Ddl("alter table {table} alter column bo type text"),
        not_here=NO_FILE,
    ),
    breaks(
        "types",
        "j.physicalType",
        "jsonb is json",
        Ddl("alter table {table} alter column j type json"),
        not_here=NO_FILE,
    ),
    breaks("types", "v.physicalType", "a text too long", Put({"v": "01234567890"}), not_here=NO_TABLE),
    breaks("types", "n.physicalType", "a third decimal", Put({"n": "1.234"}), not_here=NO_TABLE),
    breaks("types", "i.physicalType", "a fraction", Put({"i": "1.5"}), not_here=NO_TABLE),
    breaks("types", "s.physicalType", "a number too large", Put({"s": "40000"}), not_here=NO_TABLE),
    breaks("types", "d.physicalType", "30 February", Put({"d": "2024-02-30"}), not_here=NO_TABLE),
    breaks("types", "u.physicalType", "no uuid", Put({"u": "1234"}), not_here=NO_TABLE),
    breaks(
        "types", "ts.physicalType", "a time with another zone", Put({"ts": "2024-02-29 10:00:00+02"}), not_here=NO_TABLE
    ),
    breaks("types", "bo.physicalType", "a word for true", Put({"bo": "perhaps"}), not_here=NO_TABLE),
    breaks("types", "t.present", "column missing", Drop("t")),
    breaks("types", "unexpectedColumns", "column added", Extra("more")),
    breaks("types", "t.present & unexpectedColumns", "column renamed", Drop("t"), Extra("T")),
    breaks("open_types", "t.present", "column missing where others are allowed", Drop("t"), Extra("u")),
    breaks("order_lines", "reference.present", "column missing under its physical name", Drop("Ref.No")),
    breaks("order_lines", "unexpectedColumns", "the contract's name beside the physical one", Extra("reference")),
    breaks("numbers", "rate.present", "column missing that clauses speak of", Drop("rate")),
    breaks("moments", "loaded_at.present", "column missing that freshness speaks of", Drop("loaded_at")),
    breaks(
        "numbers",
        "whole.physicalType",
        "integer with bounds is bigint",
        Ddl("alter table {table} alter column whole type bigint"),
        not_here=NO_FILE,
    ),
    breaks(
        "texts",
        "status.physicalType",
        "text with an enum is varchar",
        Ddl("alter table {table} alter column status type varchar"),
        not_here=NO_FILE,
    ),
    legal("open_types", "column added where it is allowed", Extra("more")),
    legal(
        "types",
        "another order of columns",
        Order(
            (
                "v",
                "id",
                "n",
                "ts",
                "any",
                "tz",
                "i",
                "b",
                "s",
                "t",
                "c",
                "d",
                "f",
                "r",
                "bo",
                "u",
                "j",
                "tm",
                "ts3",
                "by",
            )
        ),
    ),
    legal(
        "types",
        "an index and a comment more",
        Ddl("create index on {table} (v); comment on column {table}.v is 'x'"),
        not_here=NO_FILE,
    ),
    legal(
        "types",
        "not null where the contract is silent",
        Ddl("alter table {table} alter column i set not null"),
        not_here=NO_FILE,
    ),
    legal(
        "types",
        "a column dropped and added again",
        Ddl("alter table {table} drop column v; alter table {table} add column v varchar(10)"),
        not_here=NO_FILE,
    ),
    legal(
        "types",
        "a null in every optional column",
        Put(
            {
                c: None
                for c in (
                    "v",
                    "n",
                    "ts",
                    "tz",
                    "i",
                    "b",
                    "s",
                    "t",
                    "c",
                    "d",
                    "f",
                    "r",
                    "bo",
                    "u",
                    "j",
                    "tm",
                    "ts3",
                    "by",
                    "any",
                )
            }
        ),
    ),
]
METRICS = [
    breaks("counts", "eq & gt & ge", "a row less", Keep(99)),
    breaks("counts", "eq & ne & gt & ge & bt", "ten rows less", Keep(90)),
    breaks("counts", "eq & lt & le & bt & nb", "a row more", Add({"id": "1000"})),
    breaks("metrics", "some_rows & seldom.few_twice", "no rows", Keep(0)),
    breaks("metrics", "some.few_nulls", "a null more", Put({"some": None})),
    breaks(
        "metrics",
        "some.few_nulls & some.not_seven_nulls",
        "seven nulls",
        *(Put({"some": None}, row) for row in (10, 11, 12)),
    ),
    breaks(
        "metrics",
        "some.few_nulls & some.not_ten_nulls",
        "ten nulls",
        *(Put({"some": None}, row) for row in range(10, 16)),
    ),
    breaks("metrics", "most.null_share", "six in a hundred null", Put({"most": None})),
    breaks("metrics", "known.few_missing", "a third one missing, by an apostrophe", Put({"known": "it's"})),
    breaks("metrics", "known.few_missing", "a third one missing, empty", Put({"known": ""})),
    breaks(
        "metrics",
        "known.few_missing & known.missing_share",
        "five in a hundred missing",
        *(Put({"known": "N/A"}, row) for row in (10, 11, 12)),
    ),
    breaks("metrics", "level.level_missing", "a number that stands for nothing", Put({"level": "-1"})),
    breaks("metrics", "grade.valid_grades", "a value not listed", Put({"grade": "C"})),
    breaks("metrics", "grade.short_grades", "a third long value", Put({"grade": "a,b"})),
    breaks("metrics", "mark.invalid_share", "three in a hundred invalid", Put({"mark": "10"})),
    breaks("metrics", "once.no_twice", "a value twice", Put({"once": "value 8"})),
    breaks("metrics", "seldom.few_twice", "no value twice", Put({"seldom": "value"}, row=0)),
    breaks(
        "metrics",
        "seldom.not_many_twice",
        "three values twice",
        Put({"seldom": "value 20"}, row=21),
        Put({"seldom": "value 22"}, row=23),
    ),
    breaks("metrics", "twin.twin_share", "two in a hundred values twice", Put({"twin": "value 8"})),
    breaks("metrics", "pairs", "a pair twice", Put({"g1": "5", "g2": "5"})),
    breaks("metrics", "other_pairs", "another pair twice", Put({"g3": "5", "g4": "5"})),
    legal(
        "metrics",
        "two nulls in what is unique by rule",
        Put({"once": None}),
        Put({"g1": None, "g2": "1"}),
        Put({"g1": None, "g2": "1"}, row=8),
    ),
    legal("metrics", "valid where null", Put({"grade": None, "mark": None})),
]
RULES = [
    breaks("rules", "total.total_covers_tax", "a row that the rule names", Put({"tax": "12.00"})),
    breaks("rules", "whole_price", "a row that a rule on several columns names", Put({"quantity": "0"})),
    breaks(
        "rules",
        "note.no_apology",
        "a text with a quote, a comment and a percent sign",
        Put({"note": "it's -- late; 5% off"}),
    ),
    breaks(
        "rules",
        "total.average",
        "the average too low",
        *(Put({"total": "4.00", "tax": "1.00"}, row) for row in range(20)),
    ),
    breaks("rules", "kinds", "too few kinds", *(Put({"quantity": "1"}, row) for row in range(3, 100, 5))),
    breaks("rules", "known_people", "a join finds a stranger", Put({"person_id": "100"})),
    breaks("rules", "largest & total.average & whole_price", "the largest too large", Put({"total": "1000.00"})),
    breaks("soft", "score.usual_score", "warning: a row", Put({"score": "101"})),
    breaks("soft", "hint.hints", "warning: a third null", Put({"hint": None})),
    breaks("soft", "enough", "warning: too few rows", Keep(89)),
    breaks("soft", "spread", "warning: one value only", Every({"score": "1"})),
]
NAMES = [
    breaks("order_lines", "select.required", "a reserved word: null", Put({"select": None})),
    breaks("order_lines", "select.minimum", "a reserved word: below", Put({"select": "0"})),
    breaks("order_lines", "MixedCase.enum", "mixed case: not listed", Put({"MixedCase": "yes"})),
    breaks("order_lines", "reference.pattern", "a dot in the name: no match", Put({"Ref.No": "R7"})),
    breaks("order_lines", "reference.unique", "a dot in the name: repeated", Put({"Ref.No": "R-6"})),
    breaks(
        "order_lines", "the amount.multipleOf", "a blank in the name: between two steps", Put({"the amount": "0.75"})
    ),
    breaks("order_lines", "the amount.affordable", "a blank in the name: a rule in SQL", Put({"the amount": "500.50"})),
    breaks("order_lines", "größe.maxLength", "an umlaut in the name: too long", Put({"größe": "größe"})),
    breaks("order_lines", "user.relationship", "a reserved word: leads nowhere", Put({"user": "100"})),
    breaks("order_lines", "parent.relationship", "a blank in both names: leads nowhere", Put({"Parent Line": "100"})),
    breaks("order_lines", "parent.parents", "a blank in the name: nulls", Every({"Parent Line": None})),
    breaks("order_lines", "say.so.unquoted", "a dot in the name: repeated", Put({"say.so": "8"})),
    breaks(
        "order_lines", "freshness", "a reserved word: stale", *(Put({"order": ago(days=3)}, row) for row in range(48))
    ),
    breaks("order_lines", "freshness", "two days and a second old", Every({"order": ago(days=2, seconds=1)})),
    breaks(
        "order_lines",
        "select.physicalType",
        "a reserved word: bigint",
        Ddl('alter table {table} alter column "select" type bigint'),
        not_here=NO_FILE,
    ),
    legal("order_lines", "exactly two days old", Every({"order": ago(days=2)})),
]


def product(clauses: str, name: str, *changes: Change, not_here: dict | None = None) -> Mutation:
    return breaks("summary", clauses, name, *changes, not_here=NOT_INGESTED | (not_here or {}))


PRODUCTS = [
    product("id.primaryKey", "one key twice", Add({"label": "label1000", "score": "50"})),
    product("id.required", "null key", Put({"id": None})),
    product("id.relationship", "leads nowhere", Put({"id": "100"})),
    product("label.required", "null", Put({"label": None})),
    product("label.unique", "repeated", Put({"label": "label8"})),
    product("label.minLength", "too short", Put({"label": "a"})),
    product("label.pattern", "no match", Put({"label": "Label7"})),
    product("grade.enum", "apostrophe lost", Put({"grade": "Bs"})),
    product("score.minimum", "below", Put({"score": "-0.25"})),
    product("score.maximum", "above", Put({"score": "100.25"})),
    product("score.multipleOf", "between two steps", Put({"score": "0.3"})),
    product("score.minimum & score.maximum & score.multipleOf & mean", "NaN", Put({"score": "NaN"})),
    product("weight.exclusiveMinimum", "at the bound", Put({"weight": "0"})),
    product("weight.exclusiveMinimum", "NaN", Put({"weight": "NaN"})),
    product("day.format", "30 February", Put({"day": "2024-02-30"})),
    product("not_empty", "too few rows", Keep(10)),
    product("mean", "the mean too high", Every({"score": "70"})),
    product("freshness", "a day and a second old", Put({"loaded_at": ago(days=1, seconds=1)}, row=0)),
    product(
        "freshness",
        "stale behind one future timestamp",
        Put({"loaded_at": ago(days=2)}, row=0),
        Put({"loaded_at": ago(days=-1)}),
    ),
    product("retention", "a row older than promised", Put({"loaded_at": ago(days=31)})),
    product("day.present", "column missing", Drop("day")),
    product("unexpectedColumns", "column added", Extra("more")),
    product(
        "label.physicalType",
        "varchar(20) is varchar(30)",
        Ddl("alter table {table} alter column label type varchar(30)"),
        not_here=BUILT_SO,
    ),
    product(
        "score.physicalType",
        "numeric(6,2) is numeric(8,2)",
        Ddl("alter table {table} alter column score type numeric(8,2)"),
        not_here=BUILT_SO,
    ),
    product(
        "score.physicalType",
        "numeric(6,2) is double",
        Ddl("alter table {table} alter column score type double precision"),
    ),
    product(
        "loaded_at.physicalType",
        "timestamp is timestamptz",
        Ddl("alter table {table} alter column loaded_at type timestamptz"),
    ),
    legal(
        "summary",
        "another order of columns",
        Order(("day", "label", "id", "grade", "loaded_at", "score", "weight")),
        not_here=NOT_INGESTED,
    ),
    legal(
        "summary",
        "optional columns null",
        Every({c: None for c in ("grade", "weight", "day")}),
        not_here=NOT_INGESTED,
    ),
]
CLEAN = [
    legal(dataset, "clean", not_here=NOT_INGESTED if dataset == "summary" else None)
    for dataset in (
        "people",
        "texts",
        "dates",
        "numbers",
        "moments",
        "hours",
        "minutes",
        "late",
        "formats",
        "keys",
        "types",
        "open_types",
        "counts",
        "metrics",
        "rules",
        "order_lines",
        "soft",
        "summary",
    )
]

LATER_WINS = {"ingest": "there it is a later version, which wins"}
VERSIONS = [
    breaks("versions", "identity & id.primaryKey", "an id of two people",
           Add({"owner": "Bob", "loaded_at": ago(hours=1)}), at={"ingest": "identity"}),
    breaks("versions", "identity & id.primaryKey", "an id of somebody and of nobody",
           Add({"owner": None, "loaded_at": ago(hours=1)}), at={"ingest": "identity"}),
    breaks("versions", "identity & id.primaryKey", "an id of two people, loaded at one time", Add({"owner": "Bob"}),
           at={"ingest": "id.primaryKey"}),
    breaks("versions", "id.primaryKey", "one id, two notes, loaded at one time", Add({"note": "other"})),
    breaks("versions", "id.primaryKey", "one id, two notes", Add({"note": "other", "loaded_at": ago(hours=1)}),
           not_here=LATER_WINS),
    put("versions", "due", "02/03/2026", "notInFuture", "tomorrow, as text"),
    put("versions", "at", "2026-03-03", "notInFuture", "a day beyond the tolerance"),
    put("versions", "seen", "2026-03-01 12:00:01+00", "notInFuture", "a second beyond the clock"),
    put("versions", "seen", "2026-03-01 17:00:01+05", "notInFuture", "a second beyond it, in another zone"),
    put("versions", "due", "31/02/2027", "format", "a day that never comes is no time"),
    legal("versions", "this very moment",
          Put({"due": "01/03/2026", "at": "2026-03-02", "seen": "2026-03-01 13:00:00+01"})),
    legal("versions", "optional columns null", Every({c: None for c in ("owner", "note", "due", "at", "seen")})),
]  # fmt: skip
DOCUMENTS = [
    put("documents", "address", '{"kind": "home"}', "city.required", "a member that is not there"),
    put("documents", "address", '{"city": null}', "city.required", "a member that is null"),
    put("documents", "address", '{"city": "Kalgoorlie"}', "city.maxLength", "one more"),
    put("documents", "address", '{"city": ["Perth"]}', "city.logicalType", "a list for a text"),
    put("documents", "address", '{"city": "x", "kind": "Home"}', "kind.enum", "other case"),
    put("documents", "address", '{"city": "x", "since": "2019-12-31"}', "since.minimum", "a day before"),
    put("documents", "address", '{"city": "x", "since": "2020-02-30"}', "since.logicalType", "30 February"),
    put("documents", "address", "[]", "logicalType", "an array for an object"),
    put("documents", "lines", "[]", "minItems", "no item"),
    put(
        "documents",
        "lines",
        '[{"sku": "A1", "n": 1}, {"n": 1.0, "sku": "A1"}]',
        "uniqueItems",
        "the same, in other words",
    ),
    put("documents", "lines", '[{"sku": "A1"}, {}]', "items.sku.required", "the second item without it"),
    put("documents", "lines", '[{"sku": "A1"}, {"sku": "A\u0661"}]', "items.sku.pattern", "Arabic-Indic digit"),
    put("documents", "lines", '[{"sku": "A1", "price": 0}]', "items.price.exclusiveMinimum", "exactly it"),
    put("documents", "lines", '[{"sku": "A1", "price": 0.015}]', "items.price.multipleOf", "half a step"),
    put("documents", "words", "{abc,a}", "items.minLength", "one less"),
    put("documents", "prices", '{"AUD": 1, "aud": 1}', "key.pattern", "other case"),
    put("documents", "prices", '{"AUD": -1}', "value.minimum", "one less"),
    put("documents", "prices", '{"AUD": 0.5}', "value.logicalType", "half for a whole number"),
    legal("documents", "optional columns null", Every({c: None for c in ("address", "lines", "words", "prices")})),
    legal(
        "documents", "what is not promised", Put({"address": '{"city": "", "kind": null, "other": 1}', "prices": "{}"})
    ),
]
MUTATIONS = [
    *CLEAN,
    *VERSIONS,
    *TEXTS,
    *DATES,
    *FORMATS,
    *DOCUMENTS,
    *NUMBERS,
    *MOMENTS,
    *KEYS,
    *TYPES,
    *METRICS,
    *RULES,
    *NAMES,
    *PRODUCTS,
]
