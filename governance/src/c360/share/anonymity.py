"""How anonymous the rows of a file are, as anybody who holds it can tell: its k and its l, and no value of it."""

import csv
import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from c360.draft.reading import Source, blocks, open_source
from c360.errors import CouldNotTell
from c360.printable import one_line, shown


@dataclass(frozen=True)
class Measure:
    """The smallest number that a group of equal quasi-identifiers holds of something, and how many groups hold fewer
    than were wanted, with how many records. It `holds` when there is no such group."""

    name: str
    of: str
    value: int
    wanted: int | None
    groups_below: int
    records_below: int

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
    """The l of each sensitive column."""


def anonymity(
    path: Path,
    quasi: Sequence[str],
    sensitive: Sequence[str] = (),
    person: str | None = None,
    k: int | None = None,
    l: int | None = None,  # noqa: E741 (it is the literature's name)
    progress: Callable[[int], None] = lambda size: None,
) -> Anonymity:
    """The k (Sweeney 2002) and the distinct l (Machanavajjhala et al. 2007) of a CSV or Parquet file.

    k counts records, or distinct persons where a column tells these apart, without regard to case and blanks around,
    as pseudonyms are made; l counts distinct values of a sensitive column. Values are compared as they are written, and
    an empty one is a value like others. Each of `quasi` and `sensitive` is a column, or several with commas between.

    Raises CouldNotTell for a file that cannot be read or holds no record, and for a column that is not there.
    """
    source = open_source(path)
    by_quasi, kinds = _columns(source, quasi), _columns(source, sensitive)
    who = _columns(source, [person]) if person is not None else []
    wanted = [*by_quasi, *who, *kinds]
    if not by_quasi or len(who) > 1 or len(set(wanted)) < len(wanted):
        raise CouldNotTell(
            "A column is a quasi-identifier, or the person, or sensitive, and only once.",
            "Name one column or more: --quasi age,gender --sensitive disease",
        )
    delivery = source.open(wanted, progress)
    counted = _grouped(_parts(delivery, wanted), len(by_quasi), len(who), len(kinds))
    if counted is None:
        raise CouldNotTell(f"{path} holds no record, so nobody can tell how alike they are.", "Give one with records.")
    records = counted["records"]
    persons = counted["persons"] if who else records
    return Anonymity(
        tuple(name.strip() for name in by_quasi),
        who[0].strip() if who else None,
        int(records.sum()),
        delivery.set_aside,
        len(records),
        _measure("k", "persons" if who else "records", persons, k, records),
        tuple(_measure("l", name.strip(), counted[f"s{n}"], l, records) for n, name in enumerate(kinds)),
    )


def _measure(name: str, of: str, values: Any, wanted: int | None, records: Any) -> Measure:
    below = values < (wanted or 0)
    return Measure(name, of, int(values.min()), wanted, int(below.sum()), int(records[below].sum()))


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


def _grouped(parts: Iterator[Any], quasi: int, who: int, kinds: int) -> dict[str, Any] | None:
    """By group its number of `records` and `persons`, and of distinct values in `s0`, …; None without any record.

    Rows that are alike in every column are counted at once, so that a large file needs little memory.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names = [f"c{n}" for n in range(quasi + who + kinds)]
    counts = [part.group_by(names).aggregate([([], "count_all")]) for part in parts]
    if not counts:
        return None
    whole = pa.concat_tables(counts)
    person = f"c{quasi}"
    if who:
        folded = pc.utf8_lower(pc.utf8_trim_whitespace(whole[person]))
        whole = whole.set_column(whole.schema.get_field_index(person), person, folded)
    every = pc.CountOptions(mode="all")
    sought = {"records": ("count_all", "sum", None)}
    sought |= {"persons": (person, "count_distinct", every)} if who else {}
    sought |= {f"s{n}": (f"c{quasi + who + n}", "count_distinct", every) for n in range(kinds)}
    found = whole.group_by(names[:quasi]).aggregate(list(sought.values()))
    return {name: found[f"{column}_{how}"].to_numpy() for name, (column, how, _) in sought.items()}
