"""Proposes a classification for each column, from its name and from how its values look.

What is not known to be harmless is not public: deny by default, and to be confirmed by somebody.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from c360.draft.vocabulary import HARMLESS, KEYS, MEANINGS, THINGS, Meaning

_ROLES = {"public": 0, "internal": 1, "confidential": 2, "pii_indirect": 99, "pii_direct": 99}
"""Where a project has a level of another name, at least so closed a one is taken."""
_NAME = "a person's name"
_OF_THINGS = (_NAME, "an address")
"""What a thing may have too."""

_PERSONAL = ("pii", "is_pii", "contains_pii", "has_pii", "personal_data", "gdpr")
_NOT = ("false", "no", "none", "0", "off", "n", "f", "")
_CLASSIFIES = re.compile("classif|sensitiv|confidential|privacy")


@dataclass(frozen=True)
class Classified:
    """One of our levels (a project's own may be called otherwise: `level_of`), why, and whether digits in the column
    are no quantity."""

    level: str
    why: str
    code: bool = False

    @property
    def personal(self) -> bool:
        return self.level.startswith("pii")


def split_name(name: str) -> list[str]:
    """A column's name in words of plain small letters: `Straße_HausNr` -> strasse, haus, nr."""
    for letter, plain in zip("äöüßÄÖÜ", ("ae", "oe", "ue", "ss", "Ae", "Oe", "Ue"), strict=True):
        name = name.replace(letter, plain)
    bare = "".join(ch for ch in unicodedata.normalize("NFKD", name) if not unicodedata.combining(ch))
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", bare)
    return re.findall(r"[a-z]+|\d+", parted.lower())


def names_a_key(name: str) -> bool:
    """Whether a column of that name may be an identifier."""
    parts = split_name(name)
    return bool(parts) and (parts[-1] in KEYS or parts[0] == "id" or parts[-1].endswith(("nummer", "uuid")))


def classify(name: str, likely: str, long_text: bool) -> Classified:
    """By the values where most of them look like personal data (`likely`), else by the name, else closed."""
    if likely:
        return Classified("pii_indirect" if likely == "ip" else "pii_direct", f"most values look like: {likely}", True)
    parts = split_name(name)
    meaning = _meaning(parts)
    if meaning and meaning.what == "a person" and parts[-1] in meaning.words:
        return Classified("pii_direct", "its name says: a person")
    if meaning:
        return Classified(meaning.level, f"its name says: {meaning.what}", meaning.code)
    if long_text:
        return Classified("confidential", "long texts can hold anything")
    if parts and set(parts) <= HARMLESS:
        return Classified("public", "its name says nothing of anybody")
    return Classified("internal", "nothing is known of it")


def beside_a_person(found: Classified) -> Classified:
    """The same in a table where another column tells a person: then this one says something about that person."""
    if found.level in ("public", "internal"):
        return Classified("confidential", f"{found.why}, and others in its row tell a person", found.code)
    return found


def with_parts(found: Classified, names: Iterable[str]) -> Classified:
    """The same of a column that holds parts of these names: as closed as the most closed of them."""
    return max([found, *(classify(name, "", False) for name in names)], key=lambda one: list(_ROLES).index(one.level))


def level_of(level: str, levels: Sequence[str]) -> str:
    """The project's own level for one of ours: that of the same name, else one that is as closed or more so."""
    return level if level in levels else levels[min(_ROLES[level], len(levels) - 1)]


def level_named(word: str, levels: Sequence[str]) -> str:
    """The project's level for the word of another list: its own of that name, else the most closed one."""
    return next((level for level in levels if _bare(level) == _bare(word)), levels[-1])


def stated_classification(said: Mapping[str, Any]) -> str:
    """The classification that tags or metadata name, as `pii: true` or `sensitivity: restricted`; empty for none."""
    named = {_bare(str(name)): value for name, value in said.items()}
    for name, value in named.items():
        if name in _PERSONAL and _bare(str(value)) not in _NOT:
            return "pii"
    return next((str(value) for name, value in named.items() if value and _CLASSIFIES.search(name)), "")


def _bare(word: str) -> str:
    return re.sub(r"[\W_]+", "_", word.strip().casefold())


def _meaning(parts: list[str]) -> Meaning | None:
    """The meaning of two words side by side, which say more than one; else the first that fits a word of the name."""
    pairs = {one + other for one, other in pairwise(parts)}
    not_of_things = {word for before, word in pairwise(["", *parts]) if before not in THINGS}
    for meaning in MEANINGS:
        if pairs & meaning.words:
            return meaning
    for meaning in MEANINGS:
        known = not_of_things if meaning.what in _OF_THINGS else pairs | set(parts)
        named = known & meaning.words or any(stem in word for stem in meaning.stems for word in known)
        if named or (meaning.what == _NAME and any(map(_is_name, not_of_things))):
            return meaning
    return None


def _is_name(word: str) -> bool:
    """Such as kundenname, and not produktname."""
    return word.endswith("name") and word[:-4] not in THINGS
