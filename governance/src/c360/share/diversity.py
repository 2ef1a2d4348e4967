"""How different the sensitive labels of a group have to be: what a policy asks by `l` and `t`, and SQL that tells it.

Definitions are those of `c360.share.sensitive`, over labels. No label (an empty value) is no kind of its own: for l it
counts as the most frequent kind of its group, and for t, which compares frequencies, as a value like others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from c360.contract.document import Place

_ROUNDING = "1e-9"
"""What logarithms and quotients may be off by, as `c360 privacy check` has it."""
_FORMS = "3, {entropy: 2.5} or {recursive: {l: 3, c: 2}}"


@dataclass(frozen=True)
class Diversity:
    """What is asked of each group: by `kind` (distinct, entropy, recursive) an `l`, with the `c` of the last one, and
    a `t` at most. 1 and None ask for nothing."""

    l: float = 1  # noqa: E741 (what the literature calls it)
    kind: str = "distinct"
    c: float = 1
    t: float | None = None

    @property
    def is_counted(self) -> bool:
        """Whether the number of kinds tells all of it, so nobody has to know how frequent each is."""
        return self.kind == "distinct" and self.t is None

    @property
    def told(self) -> str:
        """For people."""
        kind = {"distinct": "l", "entropy": "entropy l", "recursive": f"c = {self.c} and recursive l"}[self.kind]
        least = [f"{kind} = {self.l}"] if self.l > 1 else []
        return " and ".join([*least, *([] if self.t is None else [f"t = {self.t}"])])

    def counted(self, label: str, none: str) -> str:
        """SQL of the l of kinds, over rows of a group that have a `label` each."""
        return f"count(distinct nullif({label}, {none})) >= {self.l}"

    def weighed(self, label: str, none: str) -> list[str]:
        """SQL of all that is asked, over rows of a group, one a label, with `persons`, their `place` among its labels,
        `size`, all persons of the group, and `share`, the part of everybody that has the label."""
        told, untold = (f"case when {label} {sign} {none} then persons else 0 end" for sign in ("<>", "="))
        most = f"(max({told}) + sum({untold}))"
        found = []
        if self.kind == "entropy":
            others = f"sum({_n_ln_n(told)}) - max({_n_ln_n(told)}) + {_n_ln_n(most)}"
            found.append(f"exp(ln(sum(persons)) - ({others}) / sum(persons)) >= {self.l} - {_ROUNDING}")
        elif self.kind == "recursive":
            rarer = f"sum(case when {label} <> {none} and place >= {self.l} then persons else 0 end)"
            found.append(f"{most} < {self.c} * {rarer}")
        elif self.l > 1:
            found.append(self.counted(label, none))
        if self.t is not None:
            moved = "sum(case when 1.0 * persons / size > share then 1.0 * persons / size - share else 0 end)"
            found.append(f"{moved} <= {self.t} + {_ROUNDING}")
        return found


def _n_ln_n(n: str) -> str:
    """0 for 0, as the limit is."""
    return f"{n} * ln(greatest({n}, 1))"


def diversity_of(said: dict[str, Any]) -> Diversity:
    """What a sound policy asks."""
    least, t = said.get("l", 1), said.get("t")
    if not isinstance(least, dict):
        return Diversity(least, t=t)
    if "entropy" in least:
        return Diversity(least["entropy"], "entropy", t=t)
    return Diversity(least["recursive"]["l"], "recursive", least["recursive"]["c"], t)


def problems(said: dict[str, Any], k: int, linked: bool) -> Iterator[tuple[Place, str]]:
    """What is wrong with `l` and `t` of a policy that names a sensitive column; `k` is the policy's, or a large one."""
    if "l" not in said and "t" not in said:
        yield ("sensitive",), f"a sensitive column needs an l, such as {_FORMS}, or a t, such as 0.3"
    if "l" in said:
        yield from _of_l(said["l"], k)
    if "t" not in said:
        return
    if not _is_number(said["t"]) or not 0 < said["t"] < 1:
        yield ("t",), "t is no number between 0 and 1, such as 0.3"
    elif linked:
        why = "within a window groups stay while what all have changes, so none would hold a t for long"
        yield ("t",), f"{why}: write pseudonyms: release"


def _of_l(least: Any, k: int) -> Iterator[tuple[Place, str]]:
    kind, value = "distinct", least
    place: Place = ("l",)
    if isinstance(least, dict):
        kind, value = next(iter(least.items()), ("", None))
        place = ("l", kind)
        if len(least) != 1 or kind not in ("entropy", "recursive"):
            yield ("l",), f"l is none of {_FORMS}"
            return
    if kind == "recursive":
        if not isinstance(value, dict) or set(value) != {"l", "c"}:
            yield place, "recursive has an l and a c, such as {l: 3, c: 2}"
            return
        if not _is_number(value["c"]) or value["c"] <= 0:
            yield (*place, "c"), "c is no number above 0"
        place, value = (*place, "l"), value["l"]
    if kind == "entropy":
        if not _is_number(value) or value <= 1:
            yield place, "an entropy l is no number above 1"
            return
    elif not isinstance(value, int) or isinstance(value, bool) or value < 2:
        yield place, "l is no whole number from 2 on"
        return
    if value > k:
        yield place, f"l is beyond k, which is {k}: a group of k persons never has so many kinds"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
