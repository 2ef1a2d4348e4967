"""Plant defects of every kind in a delivery, and say what the gate must make of them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .kinds import CONTACTS, TRANSACTIONS, Kind, Planted

SHARE = 0.005
"""The part of a delivery that gets a defect, or more when that would not hold one of each kind."""
LEAST = {"contacts": 300, "transactions": 1_000}
"""Fewer rows cannot hold one defect of each kind and still be nine tenths good."""


@dataclass(frozen=True)
class Delivered:
    """A table of text with its defects; `clauses` by row (0-based), and the ids of the rows that suffered."""

    table: pa.Table
    clauses: dict[int, list[str]]
    duplicates: int
    planted: dict[str, int]
    lost_ids: pa.Array

    def truth(self) -> dict:
        """The account that the gate must give: rows = promoted + quarantined + duplicates."""
        ids = self.table["id"]
        return {
            "rows": self.table.num_rows,
            "promoted": self.table.num_rows - len(self.clauses) - self.duplicates,
            "duplicates": self.duplicates,
            "planted": self.planted,
            "quarantined": [
                {"row": row + 1, "id": ids[row].as_py(), "clauses": self.clauses[row]} for row in sorted(self.clauses)
            ],
        }


def plant(contacts: pa.Table, transactions: pa.Table, seed: int) -> tuple[pa.Table, pa.Table, dict]:
    """Both tables (of text) with defects of every kind, and the truth about them.

    Purchases of a customer who is quarantined, or whose id is lost, are in the truth as well.
    """
    rng = np.random.default_rng([seed, 2])
    people = _plant(contacts, CONTACTS, _unimportant(rng, contacts, transactions), rng)
    orphaned = pc.is_in(transactions["contact_id"], people.lost_ids).to_numpy()
    purchases = _plant(transactions, TRANSACTIONS, rng.permutation(np.flatnonzero(~orphaned)), rng)
    for row in np.flatnonzero(pc.is_in(purchases.table["contact_id"], people.lost_ids).to_numpy()):
        purchases.clauses[int(row)] = ["transactions.contact_id.relationship"]
    truth = {"contacts": people.truth(), "transactions": purchases.truth()}
    return people.table, purchases.table, truth


def _unimportant(rng: np.random.Generator, contacts: pa.Table, transactions: pa.Table) -> np.ndarray:
    """Customers (by row) with no more purchases than the median, at random but those with one or more first.

    Losing them orphans some purchases, and never so many that the delivery as a whole would be refused.
    """
    buyer = pc.index_in(transactions["contact_id"], contacts["id"]).to_numpy()
    counts = np.bincount(buyer, minlength=contacts.num_rows)
    few = rng.permutation(np.flatnonzero(counts <= max(1, np.median(counts))))
    return few[np.argsort(counts[few] == 0, kind="stable")]


def _plant(table: pa.Table, kinds: dict[str, Kind], victims: np.ndarray, rng: np.random.Generator) -> Delivered:
    each = max(1, round(SHARE * table.num_rows / len(kinds)))
    victims = victims[: each * len(kinds)]
    rows = table.take(pa.array(victims)).to_pylist()
    order = np.arange(table.num_rows)
    planted: Planted = []
    added: list[int] = []
    lost: list[int] = []
    duplicates = 0
    shift = int(rng.integers(60))  # another seed shows other variants of a kind
    for number, (victim, row) in enumerate(zip(victims, rows, strict=True)):
        outcome = list(kinds.values())[number % len(kinds)](row, shift + number // len(kinds))
        order[victim] = table.num_rows + len(planted)
        added += range(table.num_rows + len(planted) + 1, table.num_rows + len(planted) + len(outcome))
        planted += outcome
        if outcome[0][1]:
            lost.append(victim)
        else:
            duplicates += len(outcome) - 1
    # Added rows stand anywhere in the file, not beside the row that they repeat.
    order = np.insert(order, rng.integers(0, table.num_rows, len(added), endpoint=True), added)
    columns = {name: pa.array([row[name] for row, _ in planted], pa.string()) for name in table.column_names}
    broken = {
        int(place): planted[source - table.num_rows][1]
        for place, source in enumerate(order)
        if source >= table.num_rows and planted[source - table.num_rows][1]
    }
    return Delivered(
        table=pa.concat_tables([table, pa.table(columns)]).take(pa.array(order)),
        clauses=broken,
        duplicates=duplicates,
        planted=dict.fromkeys(kinds, each),
        lost_ids=table["id"].take(pa.array(lost, pa.int64())).combine_chunks(),
    )
