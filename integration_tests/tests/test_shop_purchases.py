"""Invented purchases have something to learn: tastes, what follows what, who buys what; and a heavy tail."""

import numpy as np
import pyarrow as pa
import pytest

from integration_tests.shop import people, purchases

CUSTOMERS, COUNT, END = 2_000, 30_000, np.datetime64("2026-01-01")


@pytest.fixture(scope="module")
def invented():
    """People; of each purchase, in order of time, its buyer (row) and category (index); all columns."""
    invented_people = people.invent(CUSTOMERS, 7, END)
    columns = purchases.invent(invented_people, COUNT, 7, END)
    buyer = columns["contact_id"].dictionary_encode()
    rows = {id_: row for row, id_ in enumerate(invented_people.columns["id"].to_pylist())}
    rows_of = np.array([rows[id_] for id_ in buyer.dictionary.to_pylist()])
    category = np.array([purchases.CATEGORIES.index(name) for name in columns["category"].to_pylist()])
    return invented_people, rows_of[buyer.indices.to_numpy()], category, columns


def test_a_customers_past_tells_more_than_popularity(invented):
    _, buyer, category, _ = invented
    bought = np.zeros((CUSTOMERS, 6))
    hits = popular_hits = tried = 0
    for who, what in zip(buyer, category, strict=True):
        if bought[who].sum() >= 5:
            tried += 1
            hits += what == bought[who].argmax()
            popular_hits += what == bought.sum(axis=0).argmax()
        bought[who, what] += 1
    assert tried > 10_000
    assert hits / tried > 1.4 * popular_hits / tried


def test_a_purchase_leads_to_certain_others(invented):
    _, buyer, category, _ = invented
    follows = np.zeros((6, 6))
    in_time = np.argsort(buyer, kind="stable")
    same = np.diff(buyer[in_time]) == 0
    np.add.at(follows, (category[in_time][:-1][same], category[in_time][1:][same]), 1)
    # Tastes alone make pairs symmetric: what is bought after what is a matter of direction.
    cycle = [(0, 4), (4, 2), (2, 0), (1, 3), (3, 5), (5, 1)]
    forth, back = (sum(follows[a, b] for a, b in pairs) for pairs in (cycle, [(b, a) for a, b in cycle]))
    assert forth > 1.3 * back
    assert all(follows[a, b] > follows[b, a] for a, b in cycle)


def test_age_and_gender_shift_tastes(invented):
    who, buyer, category, _ = invented
    games, beauty, books = (category == purchases.CATEGORIES.index(n) for n in ("Apps & Games", "Beauty", "Books"))
    young, old = who.age[buyer] < 30, who.age[buyer] >= 55
    assert games[young].mean() > 1.5 * games[old].mean()
    assert books[old].mean() > 1.3 * books[young].mean()
    assert beauty[who.gender[buyer] == 0].mean() > 1.3 * beauty[who.gender[buyer] == 1].mean()


def test_some_never_buy_some_once_and_a_few_very_often(invented):
    _, buyer, _, _ = invented
    counts = np.sort(np.bincount(buyer, minlength=CUSTOMERS))
    assert (counts == 0).sum() >= CUSTOMERS // 10
    assert (counts == 1).sum() >= CUSTOMERS // 10
    assert counts[-CUSTOMERS // 10 :].sum() > 0.35 * COUNT
    assert counts[-1] > 10 * np.median(counts)


def test_amounts_items_and_times_are_in_range(invented):
    *_, category, columns = invented
    amount = np.array(columns["amount"].to_pylist(), dtype=float)
    assert amount.min() > 0
    assert columns["amount"].type == pa.decimal128(12, 2)
    logs = [np.log(amount[category == index]) for index in range(6)]
    assert np.argmax([log.mean() for log in logs]) == 5 and np.argmin([log.mean() for log in logs]) == 0
    assert all(abs(np.mean(log) - np.median(log)) < 0.15 for log in logs), "amounts are log-normal"
    items = columns["item_count"].to_numpy()
    assert items.min() == 1 and items.max() > 2
    dates = columns["transaction_date"].to_pylist()
    assert dates == sorted(dates)
    assert dates[0] >= "2024-01-02 00:00:00.000" and dates[-1] < "2026-01-01 00:00:00.000"


def test_ids_are_random_uuids_and_people_do_not_depend_on_their_purchases():
    import uuid

    ids = people.uuids(np.random.default_rng(1), 1_000).to_pylist()
    assert len(set(ids)) == 1_000
    assert all(str(uuid.UUID(id_)) == id_ and uuid.UUID(id_).version == 4 for id_ in ids)


def test_people_are_plausible():
    invented_people = people.invent(20_000, 3, END)
    columns = {name: column.to_pylist() for name, column in invented_people.columns.items()}
    assert {address[-8:-5].strip() for address in columns["address"] if address} >= {
        "NSW",
        "VIC",
        "QLD",
        "WA",
    }
    assert all(address[-4:].isdigit() for address in columns["address"] if address)
    assert set(columns["gender"]) == {"F", "M", "X", None}
    assert None in columns["address"]
    ages = invented_people.age
    assert 15.9 < ages.min() < 20 and 75 < ages.max() < 95.1
    assert len(set(columns["name"])) > 10_000
    assert len(set(columns["username"])) == 20_000
