"""YAML text, slugs, and the escaping of contract text for tools that run templates in YAML."""

import re
from typing import Any

import yaml

_Base = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc, valid-type]
    def ignore_aliases(self, data: Any) -> bool:
        return True


def to_yaml(data: Any) -> str:
    """YAML in the order given, one line a value, without anchors."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)


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
