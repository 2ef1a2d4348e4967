"""The form of a delivery: how its sender writes CSV. Said in the contract, or for one run on the command line.

The custom property `delivery` of a contract, or of one schema object:

    delivery: {delimiter: ";", encoding: windows-1252, decimal: ",", dateFormat: dd.MM.yyyy, nullValues: [NA]}

Silent means UTF-8, commas, double quotes, decimal points and ISO 8601: the rest is never guessed.
"""

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from c360.clause.predicates import read_format
from c360.errors import Breach
from c360.model import Dataset

COMPRESSIONS = ("gzip", "zstd", "none")
_ESCAPES = ("charmap", "idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7")
"""Encodings of Python's that write characters as sequences of others, in which no sender writes a file."""
_BESIDE_TEXT = ("null_values", "ignore_case", "aliases")


@dataclass(frozen=True)
class Form:
    """One way of writing a delivery. Parquet has only the names of columns out of it."""

    delimiter: str = ","
    quote: str = '"'
    """Empty where quotes are characters like any other."""
    encoding: str = "utf-8"
    null_values: tuple[str, ...] = ()
    """What stands for null besides the empty field, such as NA."""
    decimal: str = "."
    thousands: str = ""
    date_format: str = ""
    """A JDK format, such as dd.MM.yyyy; empty for ISO 8601. `timestamp_format` likewise."""
    timestamp_format: str = ""
    ignore_case: bool = False
    """Whether the header's names, and those of `aliases`, stand for a column in any case."""
    aliases: Mapping[str, str] = field(default_factory=dict, hash=False)
    """From a name in the header to the physical name in the contract."""
    compression: str = ""
    """gzip, zstd or none; empty: told by the file's first bytes."""

    @classmethod
    def of(cls, dataset: Dataset, **given: Any) -> "Form":
        """The form that the contract of `dataset` tells, with what is `given` (and not None) in place of it.

        Raises Breach for what is not known or makes no sense.
        """
        form = cls.said(dataset, **given)
        form._check_names(dataset)
        return form

    @classmethod
    def said(cls, dataset: Dataset, **given: Any) -> "Form":
        """As `of`, whatever the columns of `dataset` are."""
        told = dataset.custom.get("delivery") or {}
        if not isinstance(told, dict):
            raise _wrong(dataset, "is no mapping")
        known = {_spelled(f.name): f.name for f in fields(cls)}
        for name in told:
            if name not in known:
                raise _wrong(dataset, f"knows no {name!r}", f"It knows {', '.join(known)}.")
        values = {known[name]: value for name, value in told.items()}
        values |= {name: value for name, value in given.items() if value not in (None, ())}
        return cls.read(values, dataset)

    @classmethod
    def read(cls, values: Mapping[str, Any], dataset: Dataset) -> "Form":
        """From plain values, such as `as_json` gave. Raises Breach for those that make no sense."""
        values = {name: value for name, value in values.items() if value is not None}
        nulls = values.get("null_values", ())
        nulls = tuple(nulls) if isinstance(nulls, list | tuple) else (nulls,)
        form = cls(**{**values, "null_values": nulls})
        form._check_kinds(dataset)
        form._check_marks(dataset)
        form._check_words(dataset)
        return replace(form, null_values=tuple(map(str, nulls)))

    def of_parquet(self) -> "Form":
        """What of it is about Parquet, which writes its values in its own way: the names of columns."""
        return Form(ignore_case=self.ignore_case, aliases=self.aliases)

    def fields_of(self, text: str) -> "Iterator[list[str]]":
        """The records of a text as Python's csv reads them. Raises csv.Error where it cannot."""
        quoting = csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE
        mark = self.quote or None
        return csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, quotechar=mark, quoting=quoting)  # type: ignore[arg-type]

    def as_json(self) -> dict[str, Any]:
        """What differs from silence, by field."""
        plain = asdict(Form())
        return {name: value for name, value in asdict(self).items() if value != plain[name]}

    def _check_kinds(self, dataset: Dataset) -> None:
        """YAML reads NO as false, 1.10 as 1.1 and null as nothing: only text is what its writer wrote."""
        if not all(isinstance(null, str) or type(null) is int for null in self.null_values):
            raise _wrong(dataset, "has nullValues that are no text", "Put each in quotes: nullValues: ['NO', '1.0'].")
        if not isinstance(self.ignore_case, bool):
            raise _wrong(dataset, "has an ignoreCase that is neither true nor false", "Write ignoreCase: true.")
        pairs = self.aliases.items() if isinstance(self.aliases, Mapping) else [(None,)]
        if not all(isinstance(name, str) for pair in pairs for name in pair):
            raise _wrong(dataset, "has aliases that are no names", "Pair names: aliases: {'Customer No': id}.")
        for name, value in vars(self).items():
            if name not in _BESIDE_TEXT and not isinstance(value, str):
                raise _wrong(dataset, f"has {_spelled(name)} that is no text", "Put it in quotes.")

    def _check_marks(self, dataset: Dataset) -> None:
        for name in ("delimiter", "quote", "decimal", "thousands"):
            mark = getattr(self, name)
            if mark == "" and name in ("quote", "thousands"):
                continue
            printed = mark.isascii() or (name == "thousands" and unicodedata.category(mark[0])[0] in "PZ")
            if len(mark) != 1 or not printed or mark in "\r\n\0\x01\u2028\u2029":
                raise _wrong(dataset, f"has a {name} that is not one character", f"Write {name}: ';' or the like.")
            if (
                mark.isalnum()
                or (name in ("decimal", "thousands") and mark in "+-")
                or (name, mark) == ("decimal", " ")
            ):
                raise _wrong(dataset, f"has a {name} that is a part of values", "Choose a mark of punctuation.")
        twice = self.delimiter == self.quote or self.decimal == self.thousands
        if twice or (self.quote and self.quote in (self.decimal, self.thousands)):
            raise _wrong(dataset, "uses one character for two things", "Choose two.")

    def _check_names(self, dataset: Dataset) -> None:
        """That no name in a header means two columns, or one that is not there."""
        columns = [column.physical_name for column in dataset.columns]
        for name in self.aliases.values():
            if self.name_of(name, {column.casefold(): column for column in columns}) is None:
                raise _wrong(dataset, f"has an alias of {name!r}, which is no column", "Name the physical name of one.")
        for names in (columns, list(self.aliases)) if self.ignore_case else ():
            folded = [name.casefold() for name in names]
            alike = [name for name, small in zip(names, folded, strict=True) if folded.count(small) > 1]
            if alike:
                which = ", ".join(map(repr, alike))
                raise _wrong(dataset, f"ignores the case, in which alone {which} differ", "Leave ignoreCase out.")

    def _check_words(self, dataset: Dataset) -> None:
        try:
            plain = codecs.lookup(self.encoding).name not in _ESCAPES
            "".encode(self.encoding)
        except (LookupError, ValueError):
            plain = False
        if not plain:
            raise _wrong(dataset, "names an encoding that is not known", "Write utf-8, windows-1252, …")
        if self.compression not in ("", *COMPRESSIONS):
            raise _wrong(dataset, "names a compression that is not known", f"Use {', '.join(COMPRESSIONS)}.")
        for form in filter(None, (self.date_format, self.timestamp_format)):
            read_format(form, "it")

    def name_of(self, header: str, columns: Mapping[str, str]) -> str | None:
        """The contract's column that a name in the header means; `columns` by name in small letters. None: no such."""
        named = self.aliases.get(header)
        if named is None and self.ignore_case:
            named = {theirs.casefold(): ours for theirs, ours in self.aliases.items()}.get(header.casefold())
        named = named or header
        if named in columns.values():
            return named
        return columns.get(named.casefold()) if self.ignore_case else None


def _spelled(name: str) -> str:
    """As contracts spell it: null_values -> nullValues."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _wrong(dataset: Dataset, what: str, remedy: str = "See docs/deliveries.md.") -> Breach:
    return Breach(f"The custom property delivery of {dataset.name} {what}.", remedy)
