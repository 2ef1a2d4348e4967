"""Changes the few lines of a contract that tell where in its life it is; all else, comments too, stays as it is."""

import copy
from pathlib import Path
from typing import Any

import yaml

from c360.contract.document import dicts, read_document
from c360.errors import CouldNotTell


def edited(path: Path, text: str, status: str, custom: dict[str, str]) -> str:
    """The text of a contract with another `status`, and with custom properties of these values.

    Raises CouldNotTell where the YAML is written in a way that cannot be edited line by line.
    """
    document = read_document(path, text)
    plain = CouldNotTell(
        f"{path} is written in a way that cannot be edited here.",
        "Write status and customProperties as lines of their own, as in contracts/sources.",
    )
    if not isinstance(document.get("customProperties") or [], list):
        raise plain
    wanted = _changed(document, status, custom)
    lines = text.splitlines(keepends=True)
    for change in sorted(_changes(text, status, custom), reverse=True):  # from the end: what is above keeps its place
        row, column, end_row, end_column, new = change
        after = lines[end_row][end_column:] if end_row < len(lines) else ""
        before = lines[row][:column] if row < len(lines) else ""
        lines[row : end_row + 1] = [before + new + after]
    after = "".join(lines)
    if _or_nothing(path, after) != wanted:
        raise plain
    return after


def _changed(document: dict[str, Any], status: str, custom: dict[str, str]) -> dict[str, Any]:
    wanted = copy.deepcopy(document)
    wanted["status"] = status
    for name, value in custom.items():
        wanted["customProperties"] = entries = wanted.get("customProperties") or []
        entry = next((e for e in dicts(entries) if e.get("property") == name), None)
        if entry is None:
            entries.insert(0, {"property": name, "value": value})
        else:
            entry["value"] = value
    return wanted


Edit = tuple[int, int, int, int, str]
"""From row and column to row and column, and what comes there."""


def _changes(text: str, status: str, custom: dict[str, str]) -> list[Edit]:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    top = _values(root)
    found = [_value(top["status"], status)] if "status" in top else [_line_above(root, f"status: {status}")]
    entries = top.get("customProperties")
    known = {_text(_values(entry).get("property")): entry for entry in entries.value} if entries else {}
    missing = []
    for name, value in custom.items():
        if name in known and "value" in _values(known[name]):
            found.append(_value(_values(known[name])["value"], f'"{value}"'))
        else:
            missing.append(f'{{property: {name}, value: "{value}"}}')
    missing.reverse()  # each goes before the others
    if missing and entries is None:
        found.append(_line_above(root, "customProperties:\n" + "\n".join(f"  - {entry}" for entry in missing)))
    elif entries and missing and entries.flow_style:
        mark = entries.start_mark
        rest = ", " if entries.value else ""
        found.append((mark.line, mark.column + 1, mark.line, mark.column + 1, ", ".join(missing) + rest))
    elif entries and missing:
        mark = entries.start_mark
        indent = " " * mark.column
        found.append((mark.line, mark.column, mark.line, mark.column, "".join(f"- {e}\n{indent}" for e in missing)))
    return found


def _values(node: Any) -> dict[str, Any]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {str(key.value): value for key, value in pairs}


def _text(node: Any) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _value(node: Any, new: str) -> Edit:
    return node.start_mark.line, node.start_mark.column, node.end_mark.line, node.end_mark.column, new


def _line_above(root: Any, new: str) -> Edit:
    """A line of its own above the contract's schema, or above its last key."""
    keys = [key for key, _ in root.value]
    mark = next((key for key in keys if key.value == "schema"), keys[-1]).start_mark
    return mark.line, mark.column, mark.line, mark.column, f"{new}\n"


def _or_nothing(path: Path, text: str) -> Any:
    try:
        return read_document(path, text)
    except CouldNotTell:
        return None
