"""The doors through which text of a contract leaves for another tool: each gives it on as it is, and inert.

`dbt_yaml` and `soda_yaml` write whole files: all text in them is inert unless it is marked as a template, so that
no caller can forget to escape. `jinja_text` is a literal inside such a template, `slug` a
name for a node, `c360.printable.file_stem` one for a file; text in a comment goes through `one_line`.
"""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from c360.errors import Breach
from c360.model import Contract
from c360.printable import one_line, shown
from c360.yaml_writer import to_yaml


class Template(str):
    """Text that is meant to be run by the tool that reads it; contract text in it went through `jinja_text`."""


class Verbatim(str):
    """Text at a place where the tool runs no templates, and would show an escape as it stands."""


def dbt_yaml(data: Any) -> str:
    """YAML for dbt, which runs Jinja in nearly every text of it."""
    return to_yaml(_carried(data, inert))


def soda_yaml(data: Any) -> str:
    """YAML for Soda, which runs `${…}` in SQL twice, so that no escape would last: such text is a Breach."""
    return to_yaml(_carried(data, no_template))


def _carried(value: Any, door: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _carried(inner, door) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_carried(inner, door) for inner in value]
    if isinstance(value, Template | Verbatim):
        return str(value)
    return door(value) if isinstance(value, str) else value


def no_template(text: str) -> str:
    """The text as it is. Raises Breach where Soda would run a part of it."""
    if re.search(r"\$\{|\{[%#]", text):
        raise Breach(f"Soda would run {shown(text)} as a template.", "Write it without ${, {% and {#.")
    return text


LONGEST_SLUG = 120


def slug(text: str, joint: str = "_") -> str:
    """An identifier out of a clause id: letters, digits and underscores; a `.` becomes `joint`.

    One that is too long for a file's name ends in a hash of the whole.
    """
    name = re.sub(r"[^A-Za-z0-9_]", "_", text.replace(".", joint))
    if len(name) > LONGEST_SLUG:
        name = f"{name[: LONGEST_SLUG - 13]}_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return name


def unique_slugs(identifiers: list[str], joint: str = "_") -> dict[str, str]:
    """A slug for each id, numbered where two would be the same."""
    taken: set[str] = set()
    slugs = {}
    for identifier in identifiers:
        stem = name = slug(identifier, joint)
        number = 2
        while name.lower() in taken:
            name, number = f"{stem}_{number}", number + 1
        taken.add(name.lower())
        slugs[identifier] = name
    return slugs


def inert(text: str) -> str:
    """Text that dbt's Jinja prints as it stands: every opening of a template is printed, not run.

    Jinja also makes LF of every CR, drops the last line end, and dbt takes a text like `var('x')` for a call.
    """
    if "\r" in text or _CALL.match(text) or (text.endswith("\n") and re.search(r"\{[{%#]|[#}%]\}", text)):
        return "{{ %s }}" % jinja_text(text)
    return re.sub(r"\{[{%#]", lambda m: "{{ '%s' }}" % m[0] if m[0] != "{#" else "{{ '{' }}#", text)


_CALL = re.compile(r"\s*(env_var|ref|var|source|doc)\s*\(")


def jinja_text(text: str, mark: str = "'") -> str:
    """A literal inside a Jinja expression, between `mark`s; the text can end neither it nor what is around it."""
    body = json.dumps(text, ensure_ascii=False)[1:-1]
    if mark == "'":
        body = body.replace('\\"', '"').replace("'", "\\'")
    for template in ("{{", "{%", "{#", "}}", "%}", "#}"):
        body = body.replace(template, "".join(f"\\u{ord(ch):04x}" for ch in template))
    return f"{mark}{body}{mark}"


def jinja_value(value: Any) -> str:
    """A value of YAML as a Jinja literal."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{jinja_value(key)}: {jinja_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(jinja_value, value)) + "]"
    if isinstance(value, str):
        return jinja_text(value, '"')
    return "none" if value is None else json.dumps(value)


def header(*contracts: Contract) -> str:
    """What the first line of a generated file says."""
    origins = ", ".join(f"{source_path(contract)} ({contract.label})" for contract in contracts)
    return one_line(f"Generated from {origins}. Do not edit; run: c360 generate")


def source_path(contract: Contract) -> str:
    """The contract's path from its contracts folder on, alike on every machine."""
    parts = contract.path.parts
    start = max((i for i, part in enumerate(parts) if part == contract.layer), default=len(parts) - 1)
    return "/".join(("contracts", *parts[start:]))
