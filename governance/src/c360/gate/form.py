"""The form of a delivery: how its sender writes CSV. Said in the contract, or for one run on the command line.

The custom property `delivery` of a contract, or of one schema object:

    delivery: {delimiter: ";", encoding: windows-1252, decimal: ",", dateFormat: dd.MM.yyyy, nullValues: [NA]}

Silent means UTF-8, commas, double quotes, decimal points and ISO 8601: the rest is never guessed.
"""

import codecs
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from c360.clause.predicates import read_format
from c360.errors import Breach
from c360.model import Dataset

COMPRESSIONS = ("gzip", "zstd", "none")


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
    """Whether the header's names are the contract's in any case."""
    aliases: Mapping[str, str] = field(default_factory=dict, hash=False)
    """From a name in the header to the physical name in the contract."""
    compression: str = ""
    """gzip, zstd or none; empty: told by the file's first bytes."""

    @classmethod
    def of(cls, dataset: Dataset, **given: Any) -> "Form":
        """The form that the contract of `dataset` tells, with what is `given` (and not None) in place of it.

        Raises Breach for what is not known or makes no sense.
        """
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
        """From plain values, such as `as_json` gave."""
        values = dict(values)
        nulls = values.get("null_values") or ()
        values["null_values"] = tuple(str(v) for v in (nulls if isinstance(nulls, list | tuple) else (nulls,)))
        values["aliases"] = dict(values.get("aliases") or {})
        form = cls(**values)
        form._check(dataset)
        return form

    def as_json(self) -> dict[str, Any]:
        """What differs from silence, by field."""
        plain = asdict(Form())
        return {name: value for name, value in asdict(self).items() if value != plain[name]}

    def _check(self, dataset: Dataset) -> None:
        for name in ("delimiter", "quote", "decimal", "thousands"):
            value = getattr(self, name)
            single = isinstance(value, str) and len(value) == 1 and value.isascii() and value not in "\r\n\0\x01"
            if not (single or (value == "" and name in ("quote", "thousands"))):
                raise _wrong(dataset, f"has a {name} that is not one character", f"Write {name}: ';' or the like.")
        if self.delimiter == self.quote or self.decimal == self.thousands:
            raise _wrong(dataset, "uses one character for two things", "Choose two.")
        try:
            codecs.lookup(self.encoding)
            "".encode(self.encoding)
        except (LookupError, TypeError):
            raise _wrong(dataset, "names an encoding that is not known", "Write utf-8, windows-1252, …") from None
        if self.compression not in ("", *COMPRESSIONS):
            raise _wrong(dataset, "names a compression that is not known", f"Use {', '.join(COMPRESSIONS)}.")
        for form in filter(None, (self.date_format, self.timestamp_format)):
            read_format(form, "it")

    def name_of(self, header: str, columns: Mapping[str, str]) -> str | None:
        """The contract's column that a name in the header means; `columns` by name in small letters. None: no such."""
        named = self.aliases.get(header, header)
        if named in columns.values():
            return named
        return columns.get(named.casefold()) if self.ignore_case else None


def _spelled(name: str) -> str:
    """As contracts spell it: null_values -> nullValues."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _wrong(dataset: Dataset, what: str, remedy: str = "See docs/deliveries.md.") -> Breach:
    return Breach(f"The custom property delivery of {dataset.name} {what}.", remedy)
