"""Where YAML is written: anew, or as a change of what a person wrote, whose comments stay.

What dbt or Soda read goes through the doors of `c360.generate.text` before.
"""

import io
import re
from collections.abc import Callable
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
        return value if _PLAIN.fullmatch(value) and not _is_other(value) else _quoted(value)
    if isinstance(value, bool) or value is None or not isinstance(value, int):
        return _dump(value)
    return str(value)


_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*(?:[ ]+[A-Za-z0-9_.()<>=|+'*/,;-]+)*")
"""Text that YAML takes as it stands, but for what it takes for something else."""


def _is_other(text: str) -> bool:
    """Whether YAML takes a text for a value of another type, such as yes or null."""
    return any(form.match(text) for _, form in yaml.SafeDumper.yaml_implicit_resolvers.get(text[0], ()))


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return _dump(text, '"' if "\n" in text else None)


def _dump(value: Any, style: str | None = None) -> str:
    text = yaml.dump(value, Dumper=_Dumper, default_style=style, allow_unicode=True, width=1_000_000)
    return text.removesuffix("\n...\n").removesuffix("\n")


def changed_yaml(text: str, change: Callable[[Any], None]) -> str:
    """The text with what `change` does to its document; comments and quotes stay where they are."""
    from ruamel.yaml import YAML

    parser = YAML()
    parser.preserve_quotes, parser.width = True, 4096
    parser.indent(mapping=2, sequence=4, offset=2)
    document = parser.load(text)
    change(document)
    out = io.StringIO()
    parser.dump(document, out)
    return out.getvalue()
