"""Reads YAML that strangers wrote: safely, with limits, dates left as text, and lines to point at."""

from pathlib import Path
from typing import Any

import yaml

from c360.errors import Breach, CouldNotTell

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


def read_document(path: Path, text: str | None = None) -> dict[str, Any]:
    """Read one contract file into plain dicts, lists and scalars.

    Raises:
        CouldNotTell: the file cannot be read.
        Breach: it is not YAML, is too large or too deep, or is not a mapping; says the line.
    """
    if text is None:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise CouldNotTell(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error
        except UnicodeDecodeError as error:
            raise Breach(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from error
    if len(text) > MAX_BYTES:
        raise Breach(f"{path} is larger than {MAX_BYTES} bytes.", "Split the contract.")
    try:
        _guard(path, text)
        data = yaml.load(text, Loader=_ContractLoader)  # noqa: S506 - a safe loader, made stricter
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or "not YAML"
        raise Breach(f"{where} is not valid YAML: {problem}.", f"Mend it, then: c360 lint {path}") from error
    if not isinstance(data, dict):
        raise Breach(f"{path} holds no contract (a mapping).", "See contracts/sources for examples.")
    return data


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


def line_of(path: Path, inside: tuple[str | int, ...]) -> int:
    """The line (from 1) at which the value at `inside` stands in the file; the nearest parent's when it is absent."""
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    line = 1
    for step in inside:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
