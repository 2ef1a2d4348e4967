"""What a field of the catalogue must hold: whether it does, and what to send where it does not.

A server may spell a value otherwise than it was sent, adds to it, and lets people add to it: each kind of value knows
what of that counts.
"""

import html
import unicodedata
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

LONGEST = 20_000
"""Characters of a description; a contract may hold two megabytes."""


@dataclass(frozen=True)
class Ref:
    """Another entity of the catalogue, by the type that the server gives it and its fully qualified name."""

    type: str
    name: str


Id = Callable[[Ref], str]
"""The server's id of an entity. Raises KeyError for one that is not there."""


class Value(Protocol):
    def matches(self, stored: Any) -> bool:
        """Whether what the server has is this."""
        ...

    def sent(self, stored: Any, id_of: Id) -> Any:
        """What to put in the place of what the server has."""
        ...


def markdown(text: str) -> str:
    """Text of a contract as Markdown that shows it and does nothing else: no HTML, no link, no picture from elsewhere.

    The server takes HTML and Markdown in descriptions; contracts are not trusted.
    """
    kept = "".join(ch for ch in text if ch in "\n\t" or unicodedata.category(ch) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return html.escape(kept[:LONGEST], quote=False).replace("[", "\\[").strip()


def plain(stored: Any) -> str:
    """A description without what the server's sanitizer makes of `@` (`&#64;`), of `{{` (`{<!-- -->{`) and others."""
    return html.unescape(str(stored or "").replace("<!-- -->", "")).strip()


@dataclass(frozen=True)
class Text:
    """A description, out of a contract."""

    text: str

    def matches(self, stored: Any) -> bool:
        return plain(stored) == plain(markdown(self.text))

    def sent(self, stored: Any, id_of: Id) -> str:
        return markdown(self.text)


@dataclass(frozen=True)
class Same:
    """A value that the server keeps as it is; of a mapping, the entries that are named here."""

    value: Any

    def matches(self, stored: Any) -> bool:
        if isinstance(self.value, Mapping) and isinstance(stored, Mapping):
            return all(Same(value).matches(stored.get(key)) for key, value in self.value.items())
        return bool(stored == self.value)

    def sent(self, stored: Any, id_of: Id) -> Any:
        return self.value


@dataclass(frozen=True)
class Refs:
    """Things that are named here; `only` says that there must be no others. What is inherited does not count."""

    refs: tuple[Ref, ...]
    only: bool = True

    def matches(self, stored: Any) -> bool:
        there, wanted = {_ref(entry) for entry in _own(stored)}, set(self.refs)
        return there == wanted if self.only else wanted <= there

    def sent(self, stored: Any, id_of: Id) -> list[dict[str, str]]:
        others = [] if self.only else [e for e in _own(stored) if _ref(e) not in self.refs]
        kept = [{"id": entry["id"], "type": entry["type"]} for entry in others]
        return kept + [{"id": id_of(ref), "type": ref.type} for ref in self.refs]


@dataclass(frozen=True)
class Tags:
    """The tags and terms that are ours, by fully qualified name; those of others stay what they are. Labels that the
    server derives from others (of a term's own tags) count for nothing, and are not sent back."""

    space: str
    """The name that our classification and our glossary bear."""
    tags: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()

    def matches(self, stored: Any) -> bool:
        there = [(label["source"], label["tagFQN"]) for label in stored or [] if self._ours(label)]
        return sorted(there) == sorted(self._wanted())

    def sent(self, stored: Any, id_of: Id) -> list[dict[str, Any]]:
        label = {"labelType": "Manual", "state": "Confirmed"}
        ours = [{"tagFQN": name, "source": source, **label} for source, name in self._wanted()]
        others = [label for label in stored or [] if label.get("labelType") != "Derived" and not self._ours(label)]
        return others + ours

    def among(self, known: Container[Ref]) -> "Tags":
        """Those that the server has: one that it refused keeps no other away."""
        tags = tuple(name for name in self.tags if Ref("tag", name) in known)
        return replace(self, tags=tags, terms=tuple(n for n in self.terms if Ref("glossaryTerm", n) in known))

    def _wanted(self) -> list[tuple[str, str]]:
        return [("Classification", name) for name in self.tags] + [("Glossary", name) for name in self.terms]

    def _ours(self, label: Mapping[str, Any]) -> bool:
        return label.get("labelType") != "Derived" and str(label["tagFQN"]).startswith(f"{self.space}.")


@dataclass(frozen=True)
class Columns:
    """The columns of a data contract, each with what the server reads: name, dataType, description, constraint."""

    columns: tuple[Mapping[str, Any], ...]

    def matches(self, stored: Any) -> bool:
        there = stored or []
        return len(there) == len(self.columns) and all(map(self._same, there, self.columns))

    def sent(self, stored: Any, id_of: Id) -> list[dict[str, Any]]:
        return [dict(column) for column in self.columns]

    @staticmethod
    def _same(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        names = ("name", "dataType", "constraint")
        alike = all(stored.get(name) == wanted.get(name) for name in names)
        return alike and plain(stored.get("description")) == plain(wanted.get("description"))


def _own(stored: Any) -> list[dict[str, Any]]:
    return [entry for entry in stored or [] if not entry.get("inherited")]


def _ref(entry: Mapping[str, Any]) -> Ref:
    return Ref(str(entry["type"]), str(entry.get("fullyQualifiedName") or entry.get("name")))
