"""How anonymous the rows of a file are, as anybody who holds it can tell: what is counted, and no value of it."""

import csv
import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from c360.draft.reading import Source, blocks, open_source
from c360.errors import CouldNotTell
from c360.printable import one_line, shown
from c360.share.sensitive import Spread, alpha, basic_beta, closeness_t, distinct_l, entropy_l, recursive_c, spread

AT_LEAST = ("k", "l", "entropy_l")
"""The measures of which more is better; of the others less."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Measure:
    """Of something, the value of the group that is the least anonymous by it, and how many groups fall short of what
    was wanted, with how many records. It `holds` when there is no such group. No value: no number is large enough."""

    name: str
    of: str
    value: float | None
    wanted: float | None
    groups_below: int
    records_below: int
    by: str = ""

    @property
    def holds(self) -> bool:
        return not self.groups_below


@dataclass(frozen=True)
class Anonymity:
    """What was counted. `not_counted` lines of the file are no records, so what is said is true of the others."""

    quasi: tuple[str, ...]
    person: str | None
    records: int
    not_counted: int
    groups: int
    k: Measure
    sensitive: tuple[Measure, ...]
    """Those of each sensitive column, l first."""


def anonymity(
    path: Path,
    quasi: Sequence[str],
    sensitive: Sequence[str] = (),
    person: str | None = None,
    progress: Callable[[int], None] = lambda size: None,
    **wanted: float | None,
) -> Anonymity:
    """The k (Sweeney 2002) of a CSV or Parquet file, and what `c360.share.sensitive` measures of sensitive columns.

    k counts records, or distinct persons where a column tells these apart, without regard to case and blanks around,
    as pseudonyms are made; the others count records. Values are compared as they are written, and an empty one is a
    value like others. Sensitive ones that are all numbers, and no text of Parquet, are compared as numbers. Each of
    `quasi` and `sensitive` is a column, or several with commas between. What is `wanted` is by name of the measure.

    Raises CouldNotTell for a file that cannot be read or holds no record, and for a column that is not there.
    """
    source = open_source(path)
    by_quasi, kinds = _columns(source, quasi), _columns(source, sensitive)
    who = _columns(source, [person]) if person is not None else []
    columns = [*by_quasi, *who, *kinds]
    if not by_quasi or len(who) > 1 or len(set(columns)) < len(columns):
        raise CouldNotTell(
            "A column is a quasi-identifier, or the person, or sensitive, and only once.",
            "Name one column or more: --quasi age,gender --sensitive disease",
        )
    delivery = source.open(columns, progress)
    whole = _counted(_parts(delivery, columns))
    if whole is None:
        raise CouldNotTell(f"{path} holds no record, so nobody can tell how alike they are.", "Give one with records.")
    names = [f"c{n}" for n in range(len(columns))]
    groups = names[: len(by_quasi)]
    records, persons = _sizes(whole, groups, names[len(by_quasi)] if who else None)
    declared = dict(zip(source.header, source.declared, strict=True))
    measures = []
    for name, column in zip(kinds, names[len(columns) - len(kinds) :], strict=True):
        is_text = delivery.first.startswith(b"PAR1") and not declared[name]
        measures += _measures(name.strip(), spread(whole, groups, column, "count_all", is_text), wanted)
    return Anonymity(
        tuple(name.strip() for name in by_quasi),
        who[0].strip() if who else None,
        int(records.sum()),
        delivery.set_aside,
        len(records),
        _measure("k", "persons" if who else "records", persons, wanted, records),
        tuple(measures),
    )


def _measures(column: str, of: Spread, wanted: Mapping[str, float | None]) -> list[Measure]:
    kinds = distinct_l(of)
    least = max(2, int(wanted.get("l") or kinds.min()))
    found = (
        ("l", kinds, ""),
        ("entropy_l", entropy_l(of), ""),
        ("c", recursive_c(of, least), f"l={least}"),
        ("t", closeness_t(of), "by order" if of.ordered else "equal distance"),
        ("alpha", alpha(of), ""),
        ("beta", basic_beta(of), ""),
    )
    return [_measure(name, column, values, wanted, of.sizes, by) for name, values, by in found]


def _measure(
    name: str, of: str, values: Any, bounds: Mapping[str, float | None], records: Any, by: str = ""
) -> Measure:
    bound, worst = bounds.get(name), (values.min() if name in AT_LEAST else values.max()).item()
    below = records < 0
    if bound is not None:  # what is no number holds for nobody
        below = ~(values >= bound - _ROUNDING if name in AT_LEAST else values <= bound + _ROUNDING)
    value = worst if isfinite(worst) else None
    return Measure(name, of, value, bound, int(below.sum()), int(records[below].sum()), by)


def _columns(source: Source, given: Sequence[str]) -> list[str]:
    """The header's names for what was typed: one name, or several as a line of CSV; blanks around them do not count."""
    by_name = {name.strip(): name for name in source.header}
    found = []
    for text in given:
        for name in [text] if text.strip() in by_name else next(csv.reader([text], skipinitialspace=True), []):
            if name.strip() not in by_name:
                near = difflib.get_close_matches(name.strip(), by_name, 1)  # not all: it may have no header line
                raise CouldNotTell(
                    f"{source.path} has no column {shown(name.strip())} in its header line of {len(source.header)}.",
                    f"Did you mean {one_line(near[0])}?" if near else "Check the name, and that it has a header line.",
                )
            found.append(by_name[name.strip()])
    return found


def _parts(delivery: Any, wanted: Sequence[str]) -> Iterator[Any]:
    """The wanted columns by position, `c0`, …, a block of the file at a time."""
    import pyarrow.compute as pc

    quoting_tells = delivery.first.startswith(b"PAR1")  # in CSV, only the writer's habit does
    for block in blocks(delivery):
        columns = [block.column(delivery.landed.index(name)) for name in wanted]
        yield block.from_arrays(
            columns if quoting_tells else [pc.fill_null(column, "") for column in columns],
            [f"c{n}" for n in range(len(wanted))],
        )


def _counted(parts: Iterator[Any]) -> Any:
    """The rows that differ, with `count_all`, how often each is there; None without any record.

    Rows that are alike in every column are counted at once, so that a large file needs little memory.
    """
    import pyarrow as pa

    counts = [part.group_by(part.column_names).aggregate([([], "count_all")]) for part in parts]
    return pa.concat_tables(counts) if counts else None


def _sizes(whole: Any, groups: list[str], person: str | None) -> tuple[Any, Any]:
    """By group its number of records, and of persons, who are as many where none is told apart."""
    import pyarrow.compute as pc

    sought: list[tuple[str, str, Any]] = [("count_all", "sum", None)]
    if person is not None:
        folded = pc.utf8_lower(pc.utf8_trim_whitespace(whole[person]))
        whole = whole.select([*groups, "count_all"]).append_column("person", folded)
        sought.append(("person", "count_distinct", pc.CountOptions(mode="all")))
    found = whole.group_by(groups).aggregate(sought)
    records = found["count_all_sum"].to_numpy()
    return records, found["person_count_distinct"].to_numpy() if person is not None else records
