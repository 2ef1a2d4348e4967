"""Deliver the shop's customers and purchases as the files of its two sources, and with defects the truth about them."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from c360.contract import find_contracts
from c360.delivery.form import Form
from c360.fake.files import write_csv

from . import defects as planting
from . import people, purchases

CONTRACTS = Path(__file__).parents[2] / "contracts"
LAST_PURCHASE_DAY = dt.date(2026, 1, 1)
"""Where the invented world stops, whatever the clock says: a seed means the same bytes on any day."""


def deliver(
    out: Path,
    customers: int,
    transactions: int,
    now: dt.datetime,
    seed: int = 1,
    form: str = "csv",
    defects: bool = False,
) -> None:
    """Write contacts and transactions, loaded at `now` (UTC), to a folder as csv, parquet or both.

    With `defects` Parquet holds text, and truth.json says what the gate must quarantine. Raises ValueError for too few
    rows to hold every kind of defect.
    """
    if defects and (customers < planting.LEAST["contacts"] or transactions < planting.LEAST["transactions"]):
        raise ValueError(f"Defects need at least {planting.LEAST}.")
    out.mkdir(parents=True, exist_ok=True)
    (out / "truth.json").unlink(missing_ok=True)  # one of an earlier run would tell lies about these files
    tables = _invent(customers, transactions, seed, now.replace(tzinfo=None))
    texts = {
        name: pa.table({n: table[n].cast(pa.string()) for n in table.column_names}) for name, table in tables.items()
    }
    if defects:
        contacts, bought, truth = planting.plant(texts["contacts"], texts["transactions"], seed)
        tables = texts = {"contacts": contacts, "transactions": bought}
        (out / "truth.json").write_text(json.dumps(truth, indent=1), encoding="utf-8")
    datasets = {dataset.name: dataset for contract in find_contracts(CONTRACTS) for dataset in contract.datasets}
    for name in tables:
        if form != "parquet":
            write_csv(texts[name], datasets[name], Form(), out / f"{name}.csv")
        if form != "csv":
            pq.write_table(tables[name], out / f"{name}.parquet")


def _invent(customers: int, transactions: int, seed: int, now: dt.datetime) -> dict[str, pa.Table]:
    """The two typed tables, columns in the order of the contracts; purchases refer to contacts by id."""
    end = np.datetime64(min(LAST_PURCHASE_DAY, now.date()))
    contacts = people.invent(customers, seed, end)
    tables = {"contacts": contacts.columns, "transactions": purchases.invent(contacts, transactions, seed, end)}
    loaded = pa.scalar(now, pa.timestamp("us"))
    return {
        name: pa.table({**columns, "_loaded_at_utc": pa.repeat(loaded, len(columns["id"]))})
        for name, columns in tables.items()
    }
