"""The truth about planted defects, against an oracle that knows only the CSV and the rules."""

import csv
import datetime as dt
import json
import re
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import pairwise

import pytest

from integration_tests.shop import kinds
from integration_tests.shop.deliver import deliver as write

CATEGORIES = {
    "Apps & Games",
    "Beauty",
    "Books",
    "Clothing, Shoes & Accessories",
    "Movies & TV",
    "Sports, Fitness & Outdoors",
}
TODAY = "2026-03-01"
SIZES = [(300, 1000, 1), (300, 1000, 2), (400, 9000, 3), (3000, 1000, 4), (5000, 20000, 5)]


def is_uuid(text):
    return re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", text) is not None


def is_date(text):
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and parses(dt.date, text)


def is_timestamp(text):
    shape = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?"
    return re.fullmatch(shape, text) is not None and parses(dt.datetime, text)


def parses(kind, text):
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_numeric(text):
    return re.fullmatch(r"-?\d{1,10}(\.\d{1,2})?", text) is not None


def is_integer(text):
    return re.fullmatch(r"-?\d+", text) is not None and -(2**31) <= int(text) < 2**31


def any_text(text):
    return True


# Column: optional or not, whether a text casts, and what else is promised about it.
RULES = {
    "contacts": {
        "id": (True, is_uuid, {}),
        "username": (True, any_text, {"maxLength": lambda v: len(v) <= 100}),
        "name": (True, any_text, {}),
        "gender": (False, any_text, {}),
        "address": (False, any_text, {}),
        "mail": (True, any_text, {"pattern": lambda v: re.search(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", v)}),
        "birthdate": (
            True,
            is_date,
            {"minimum": lambda v: v >= "1900-01-01", "not_in_future": lambda v: v <= TODAY},
        ),
        "_loaded_at_utc": (True, is_timestamp, {}),
    },
    "transactions": {
        "id": (True, is_uuid, {}),
        "contact_id": (True, is_uuid, {}),
        "transaction_date": (
            True,
            any_text,
            {"format": lambda v: re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", v) and parses(dt.datetime, v)},
        ),
        "amount": (True, is_numeric, {"minimum": lambda v: Decimal(v) >= 0}),
        "item_count": (True, is_integer, {"minimum": lambda v: int(v) >= 1}),
        "category": (True, any_text, {"enum": lambda v: v in CATEGORIES}),
        "_loaded_at_utc": (True, is_timestamp, {}),
    },
}


def clauses_of_column(dataset, column, value):
    required, casts, promises = RULES[dataset][column]
    if value == "":
        return [f"{dataset}.{column}.required"] if required else []
    if not casts(value):
        return [f"{dataset}.{column}.physicalType"]
    return [f"{dataset}.{column}.{kind}" for kind, holds in promises.items() if not holds(value)]


def judge(dataset, path, known_ids=None):
    """What the gate must find in a file: (the account, the ids of promoted rows)."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    contents_of = defaultdict(set)
    for row in rows:
        contents_of[row["id"]].add(tuple(row.values()))
    seen, quarantined, promoted, duplicates = set(), [], set(), 0
    for number, row in enumerate(rows, start=1):
        if tuple(row.values()) in seen:
            duplicates += 1
            continue
        seen.add(tuple(row.values()))
        broken = [clause for column in row for clause in clauses_of_column(dataset, column, row[column])]
        if row["id"] and len(contents_of[row["id"]]) > 1:
            broken.append(f"{dataset}.id.primaryKey")
        if known_ids is not None and is_uuid(row["contact_id"]) and row["contact_id"] not in known_ids:
            broken.append(f"{dataset}.contact_id.relationship")
        if broken:
            quarantined.append({"row": number, "id": row["id"] or None, "clauses": sorted(broken)})
        else:
            promoted.add(row["id"])
    account = {"rows": len(rows), "promoted": len(promoted), "duplicates": duplicates}
    return {**account, "quarantined": quarantined}, promoted


def deliver(out, customers, transactions, seed, defects=False):
    write(out, customers, transactions, dt.datetime.fromisoformat(f"{TODAY}T12:00:00"), seed, defects=defects)
    contacts, known = judge("contacts", out / "contacts.csv")
    transactions, _ = judge("transactions", out / "transactions.csv", known)
    return {"contacts": contacts, "transactions": transactions}


@pytest.fixture(scope="module", params=SIZES, ids=str)
def delivery(request, tmp_path_factory):
    """(truth file, what the oracle finds, rows asked for)."""
    out = tmp_path_factory.mktemp("defects")
    found = deliver(out, *request.param, defects=True)
    asked = dict(zip(("contacts", "transactions"), request.param, strict=False))
    return json.loads((out / "truth.json").read_text()), found, asked


def test_the_truth_is_what_a_plain_reading_of_the_file_finds(delivery):
    truth, found, _ = delivery
    for dataset in found:
        planted = truth[dataset].pop("planted")
        assert truth[dataset] == found[dataset]
        truth[dataset]["planted"] = planted


def test_the_account_adds_up_and_most_rows_are_good(delivery):
    truth, _, asked = delivery
    for dataset, account in truth.items():
        quarantined = len(account["quarantined"])
        assert account["rows"] == account["promoted"] + quarantined + account["duplicates"]
        extra = sum(
            account["planted"][kind] * rows
            for kind, rows in {
                "exact duplicate": 1,
                "delivered three times": 2,
                "one id, two people": 1,
                "one id, two people, one malformed": 1,
                "one id, two purchases": 1,
                "one id, two purchases, one malformed": 1,
            }.items()
            if kind in account["planted"]
        )
        assert account["rows"] == asked[dataset] + extra
        assert 0 < quarantined < account["rows"] / 10
        assert account["planted"] and min(account["planted"].values()) >= 1


def test_every_clause_of_a_row_is_broken_and_so_are_several_at_once(delivery):
    truth, _, _ = delivery
    for dataset, all_kinds in (("contacts", kinds.CONTACTS), ("transactions", kinds.TRANSACTIONS)):
        counts = Counter(clause for row in truth[dataset]["quarantined"] for clause in row["clauses"])
        columns = RULES[dataset].items()
        wanted = {f"{dataset}.{column}.required" for column, (required, _, _) in columns if required}
        wanted |= {f"{dataset}.{c}.physicalType" for c, (_, casts, _) in columns if casts is not any_text}
        wanted |= {f"{dataset}.{column}.{kind}" for column, (_, _, kinds_) in columns for kind in kinds_}
        wanted.add(f"{dataset}.id.primaryKey")
        if dataset == "transactions":
            wanted.add("transactions.contact_id.relationship")
        assert set(counts) == wanted
        assert set(truth[dataset]["planted"]) == set(all_kinds)
        several = [row["clauses"] for row in truth[dataset]["quarantined"] if len(row["clauses"]) > 1]
        assert any(f"{dataset}.id.primaryKey" in clauses for clauses in several)


def test_purchases_of_quarantined_customers_are_foretold(delivery):
    truth, _, _ = delivery
    orphans = [
        row
        for row in truth["transactions"]["quarantined"]
        if row["clauses"] == ["transactions.contact_id.relationship"]
    ]
    assert len(orphans) > truth["transactions"]["planted"]["customer unknown"]


def test_about_one_row_in_two_hundred_of_a_large_delivery_has_a_defect(delivery):
    truth, _, asked = delivery
    if asked["transactions"] >= 20_000:
        for dataset, account in truth.items():
            assert sum(account["planted"].values()) == pytest.approx(0.005 * asked[dataset], rel=0.5)


def test_the_good_rows_are_those_of_the_clean_delivery_in_its_order(tmp_path):
    files = []
    for folder, more in (("clean", False), ("bad", True)):
        deliver(tmp_path / folder, 300, 1000, 8, more)
        files.append((tmp_path / folder / "transactions.csv").read_text().splitlines())
    clean, bad = files
    kept = [line for line in dict.fromkeys(bad) if line in set(clean)]
    assert len(kept) > 950
    in_order = sum(clean.index(a) < clean.index(b) for a, b in pairwise(kept))
    assert in_order > 0.98 * len(kept), "only what is delivered twice may stand elsewhere"


def test_clean_data_breaks_nothing(tmp_path):
    for account in deliver(tmp_path, 500, 3000, 6).values():
        assert (account["quarantined"], account["duplicates"]) == ([], 0)
