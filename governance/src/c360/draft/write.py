"""A draft as YAML: ordered as contracts are here, with the evidence as comments."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from c360.printable import one_line
from c360.yaml_writer import to_yaml

_WIDTH = 116


@dataclass(frozen=True)
class Property:
    """A proposed column as ODCS has it, and why: counts, never a value."""

    document: dict[str, Any]
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A proposed schema object without its properties, these, and why it is so as a whole."""

    document: dict[str, Any]
    properties: tuple[Property, ...]
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A proposed contract; `proposals` are parts that somebody may want to switch on, written as comments."""

    document: dict[str, Any]
    tables: tuple[Table, ...]
    evidence: tuple[str, ...] = ()
    proposals: tuple[dict[str, Any], ...] = ()
    layer: str = "sources"
    """The folder of contracts that it belongs to."""
    left: tuple[str, ...] = ()
    """The ways to what its source says and it does not."""

    @property
    def name(self) -> str:
        return str(self.document["name"])

    def without(self, left: Iterable[str]) -> "Draft":
        """The same, which says that these are left out of it."""
        return replace(self, left=(*self.left, *left))


def as_yaml(draft: Draft) -> str:
    """The text of the file."""
    head = {key: value for key, value in draft.document.items() if key != "slaProperties"}
    notes = (*draft.evidence, *(f"Not carried over: {place}" for place in draft.left))
    parts = [*_comments(notes, ""), to_yaml(head), "schema:\n"]
    for table in draft.tables:
        above = {key: value for key, value in table.document.items() if key != "quality"}
        parts += [*_comments(table.evidence, ""), to_yaml([above]), *(["  properties:\n"] if table.properties else [])]
        for prop in table.properties:
            parts += _comments(prop.evidence, "  ")
            parts.append(_indented(to_yaml([prop.document]), "  "))
        if table.document.get("quality"):
            parts += [_indented(to_yaml({"quality": table.document["quality"]}), "  ")]
    if draft.document.get("slaProperties"):
        parts.append(to_yaml({"slaProperties": draft.document["slaProperties"]}))
    for proposal in draft.proposals:
        parts += [f"# {one_line(line)}\n" for line in to_yaml(proposal).splitlines()]
    return "".join(parts)


def unfolded(draft: Draft) -> str:
    """Every text and key of the documents, one after the other."""
    texts: list[str] = []
    open_: list[Any] = [draft.document, *(table.document for table in draft.tables)]
    open_ += [prop.document for table in draft.tables for prop in table.properties]
    while open_:
        part = open_.pop()
        if isinstance(part, dict):
            texts += map(str, part)
            open_ += part.values()
        elif isinstance(part, list):
            open_ += part
        else:
            texts.append(str(part))
    return "\n".join(texts)


def _indented(text: str, indent: str) -> str:
    return "".join(f"{indent}{line}\n" for line in text.rstrip("\n").split("\n"))


def _comments(lines: Iterable[str], indent: str) -> list[str]:
    """Broken at spaces; what is in them can end no comment."""
    found = []
    for line in lines:
        rest = one_line(line)
        while len(indent) + len(rest) > _WIDTH and " " in rest[: _WIDTH - len(indent)]:
            cut = rest.rindex(" ", 0, _WIDTH - len(indent))
            found.append(f"{indent}# {rest[:cut]}\n")
            rest = rest[cut + 1 :]
        found.append(f"{indent}# {rest}\n")
    return found
