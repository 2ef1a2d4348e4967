"""YAML text, slugs, and the escaping of contract text for tools that run templates in YAML."""

import re
from functools import lru_cache
from typing import Any

import yaml

_Base = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc, valid-type]
    def ignore_aliases(self, data: Any) -> bool:
        return True


def to_yaml(data: Any) -> str:
    """YAML in the order given, one line a value, without anchors; as PyYAML writes it, in a fifth of the time."""
    lines: list[str] = []
    _emit(data, "", "", lines)
    return "\n".join(lines) + "\n"


def _emit(value: Any, lead: str, indent: str, lines: list[str]) -> None:
    """Append the lines of a value; `lead` is what stands before the first of them, `indent` before the others."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            start = f"{lead}{_scalar(key)}:"
            if inner and isinstance(inner, dict | list | tuple):
                lines.append(start)
                below = f"{indent}  " if isinstance(inner, dict) else indent
                _emit(inner, below, below, lines)
            else:
                lines.append(f"{start} {_scalar(inner)}")
            lead = indent
    elif isinstance(value, list | tuple) and value:
        for inner in value:
            _emit(inner, f"{lead}- ", f"{indent}  ", lines)
            lead = indent
    else:
        lines.append(f"{lead}{_scalar(value)}")


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and value.lower() not in _WORDS else _quoted(value)
    if isinstance(value, bool) or value is None or not isinstance(value, int):
        return _dump(value)
    return str(value)


_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*(?:[ ]+[A-Za-z0-9_.()<>=|+'*/,;-]+)*")
_WORDS = frozenset({"yes", "no", "true", "false", "on", "off", "null"})
"""Text that YAML takes as it stands, and words that it would take for something else."""


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return _dump(text, '"' if "\n" in text else None)


def _dump(value: Any, style: str | None = None) -> str:
    text = yaml.dump(value, Dumper=_Dumper, default_style=style, allow_unicode=True, width=1_000_000)
    return text.removesuffix("\n...\n").removesuffix("\n")


def slug(text: str, joint: str = "_") -> str:
    """An identifier out of a clause id: letters, digits and underscores; a `.` becomes `joint`."""
    return re.sub(r"[^A-Za-z0-9_]", "_", text.replace(".", joint))


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
    """Contract text that Jinja prints as it stands: every opening of a template is printed, not run."""
    return re.sub(r"\{[{%#]", lambda m: "{{ '%s' }}" % m[0] if m[0] != "{#" else "{{ '{' }}#", text)
