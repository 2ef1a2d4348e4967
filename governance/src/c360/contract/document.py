"""Reads YAML that strangers wrote: safely, with limits, dates left as text, and lines to point at."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from c360.errors import Breach, CouldNotTell

Place = tuple[str | int, ...]
"""The way to a value in a document: keys, and numbers of items."""

MAX_BYTES = 2_000_000
MAX_DEPTH = 40

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _ContractLoader(_Loader):  # type: ignore[misc, valid-type]
    """The safe loader, without timestamps (`2023-01-01` stays text) and repeated keys."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is not text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key} stands twice", key_node.start_mark)
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


_ContractLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Document:
    """One contract file: what it says, as plain dicts, lists and scalars, and the line of each part of that."""

    path: Path
    data: dict[str, Any]
    lines: dict[Any, int] = field(repr=False)
    """By the identity of a dict or list, or by that of what holds a scalar and its key: columns may be added."""

    def line(self, inside: Place) -> int:
        """The line (from 1) of the value at `inside`; the nearest parent's when it is absent."""
        value: Any = self.data
        line = 1
        for step in inside:
            if isinstance(value, dict) and step in value:
                line = self.lines.get((id(value), step), line)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                line = self.lines.get(_item(value, step), line)
            else:
                break
            value = value[step]
        return line


def read_document(path: Path, text: str | None = None) -> dict[str, Any]:
    """What one contract file says. Raises as `parse` does."""
    return parse(path, text).data


def parse(path: Path, text: str | None = None) -> Document:
    """Read one contract file, once.

    Raises:
        CouldNotTell: the file cannot be read.
        Breach: it is not YAML, is too large or too deep, or is not a mapping; says the line.
    """
    text = _text(path) if text is None else text
    if len(text) > MAX_BYTES:
        raise Breach(f"{path} is larger than {MAX_BYTES} bytes.", "Split the contract.")
    try:
        _guard(path, text)
        node, data = _composed(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or "not YAML"
        raise Breach(f"{where} is not valid YAML: {problem}.", f"Mend it, then: c360 lint {path}") from error
    if not isinstance(data, dict):
        raise Breach(f"{path} holds no contract (a mapping).", "See contracts/sources for examples.")
    lines: dict[Any, int] = {}
    _number(node, data, lines)
    return Document(path, data, lines)


def dicts(value: Any) -> list[dict[str, Any]]:
    """The mappings of a list; none of what is no list."""
    return [item for _, item in numbered(value)]


def numbered(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings of a list, each with its number in it; none of what is no list."""
    items = value if isinstance(value, list) else []
    return ((i, item) for i, item in enumerate(items) if isinstance(item, dict))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CouldNotTell(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise Breach(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from error


def _composed(text: str) -> tuple[Any, Any]:
    """The nodes, which know their lines, and what they stand for."""
    loader = _ContractLoader(text)
    try:
        node = loader.get_single_node()
        return node, loader.construct_document(node) if node else None
    finally:
        loader.dispose()


def _number(node: Any, value: Any, lines: dict[Any, int]) -> None:
    if isinstance(node, yaml.MappingNode) and isinstance(value, dict):
        for key, inner in node.value:
            if key.value in value:
                lines[id(value), key.value] = key.start_mark.line + 1
                _number(inner, value[key.value], lines)
    elif isinstance(node, yaml.SequenceNode) and isinstance(value, list):
        for step, inner in enumerate(node.value):
            lines[_item(value, step)] = inner.start_mark.line + 1
            _number(inner, value[step], lines)


def _item(holder: list[Any], step: int) -> Any:
    return id(holder[step]) if isinstance(holder[step], dict | list) else (id(holder), step)


def _guard(path: Path, text: str) -> None:
    """Before anything is built: no aliases, a few lines of which can stand for more than any memory holds, and
    no depth that would overflow the stack of the parser, which is C."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        start: Any = event.start_mark
        if isinstance(event, yaml.events.AliasEvent):
            problem = "aliases (*name) are not allowed in a contract"
            raise yaml.constructor.ConstructorError(None, None, problem, start)
        if isinstance(event, yaml.events.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.events.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            where = f"{path}:{start.line + 1}"
            raise Breach(f"{where} is nested deeper than {MAX_DEPTH} levels.", "Flatten the contract.")
