"""What the groups of a file give away of a sensitive column: a function for each measure, with a value by group.

They count records. Definitions are those of the papers named, for every value of the column, as pyCANON has them. One
differs: pyCANON 1.3.6 takes the rarest value for the most frequent one in c, and so tells a c that is too small.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Spread:
    """In which `group` which `value` is found, and its `count` of records: arrays of int, sorted by group and value.

    Groups and values are numbers from 0 up. `ordered` values are numbers in the file, and in their order here.
    """

    group: Any
    value: Any
    count: Any
    ordered: bool

    @cached_property
    def starts(self) -> Any:
        """Where each group begins."""
        return np.flatnonzero(np.diff(self.group, prepend=-1))

    @cached_property
    def sizes(self) -> Any:
        return np.add.reduceat(self.count, self.starts)

    @cached_property
    def share(self) -> Any:
        """How much of its group has the value."""
        return self.count / self.sizes[self.group]

    @cached_property
    def overall(self) -> Any:
        """By value, how much of the whole file has it."""
        return np.bincount(self.value, self.count) / self.count.sum()


def spread(table: Any, quasi: list[str], column: str, count: str, is_text: bool = False) -> Spread:
    """Of one column of an Arrow table of text, in which `count` says how many records a row stands for. Where the
    column `is_text` in its file too, its values are no numbers, whatever they look like."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values, ordered = _numbered(table[column], is_text)
    rows = table.select(quasi).append_column("value", pa.array(values)).append_column("count", table[count])
    cells = rows.group_by([*quasi, "value"]).aggregate([("count", "sum")])
    groups = cells.group_by(quasi, use_threads=False).aggregate([("value", "list"), ("count_sum", "list")])
    group = np.repeat(np.arange(len(groups)), pc.list_value_length(groups["value_list"]))
    value, counted = (pc.list_flatten(groups[name]).to_numpy() for name in ("value_list", "count_sum_list"))
    order = np.lexsort((value, group))
    return Spread(group[order], value[order], counted[order], ordered)


def _numbered(column: Any, is_text: bool) -> tuple[Any, bool]:
    """A number for each value; where every value is a number, in their order, and 1 and 1.0 are one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = column.unique()
    codes = pc.index_in(column, value_set=found).to_numpy()
    if is_text:
        return codes, False
    try:
        numbers = pc.cast(found, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return codes, False
    if not np.isfinite(numbers).all():  # an empty one has no place among numbers
        return codes, False
    return np.unique(numbers, return_inverse=True)[1][codes], True


def distinct_l(of: Spread) -> Any:
    """How many values (Machanavajjhala et al. 2007)."""
    return np.bincount(of.group)


def entropy_l(of: Spread) -> Any:
    """How many values that are equally frequent would be as uncertain (Machanavajjhala et al. 2007)."""
    return np.exp(-np.bincount(of.group, of.share * np.log(of.share)))


def recursive_c(of: Spread, least: int) -> Any:
    """The smallest whole c for which a group is recursively (c, least)-diverse (Machanavajjhala et al. 2007): the most
    frequent value is found less than c times as often as all from the `least`-th on. Infinite where there are fewer."""
    falling = of.count[np.lexsort((-of.count, of.group))]
    place = np.arange(len(falling)) - of.starts[of.group]
    rest = np.add.reduceat(np.where(place >= least - 1, falling, 0), of.starts)
    return np.where(rest > 0, falling[of.starts] // np.maximum(rest, 1) + 1, np.inf)


def closeness_t(of: Spread) -> Any:
    """How far the group's values are from the whole file's (Li et al. 2007): the earth mover's distance, 0 to 1, with
    the distance between two numbers by how many others lie between, and between any two other values 1."""
    return _ordered_distance(of) if of.ordered else _equal_distance(of)


def alpha(of: Spread) -> Any:
    """How much of the group has its most frequent value (Wong et al. 2006)."""
    return np.maximum.reduceat(of.share, of.starts)


def basic_beta(of: Spread) -> Any:
    """How much more frequent a value is than in the whole file, relatively, at most (Cao and Karras 2012)."""
    return np.maximum.reduceat(of.share / of.overall[of.value] - 1, of.starts)


def _equal_distance(of: Spread) -> Any:
    """What there is too much of is what has to be moved."""
    return np.bincount(of.group, np.maximum(of.share - of.overall[of.value], 0))


def _ordered_distance(of: Spread) -> Any:
    """The area between the two cumulative distributions. That of a group is level from one of its values to the next:
    along a level, the file's is below it, and then above it, so that its running sum gives both areas at once."""
    values = len(of.overall)
    whole = np.cumsum(of.overall)
    area = np.concatenate(([0.0], np.cumsum(whole)))  # below the file's, left of each value
    before = (np.cumsum(of.count) - of.count)[of.starts]
    level = (np.cumsum(of.count) - before[of.group]) / of.sizes[of.group]
    to = np.append(of.value[1:], values)
    to[np.append(of.starts[1:], len(to)) - 1] = values
    meet = np.clip(np.searchsorted(whole, level), of.value, to)
    below = level * (meet - of.value) - (area[meet] - area[of.value])
    above = (area[to] - area[meet]) - level * (to - meet)
    return (area[of.value[of.starts]] + np.bincount(of.group, below + above)) / max(values - 1, 1)
