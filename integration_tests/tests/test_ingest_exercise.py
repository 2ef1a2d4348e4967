"""A data set in the shape of a public exercise, in the spellings of CSV that strangers use."""

import csv
import datetime as dt
import io
import random

import pytest

AS_OF = "2023-05-09T12:00:00Z"
CATEGORIES = (
    ["Apps & Games", "Beauty", "Books", "Clothing, Shoes & Accessories", "Movies & TV", "Sports, Fitness & Outdoors"]
)  # fmt: skip
CLAIMED_TWICE = 9


def people(make):
    """Eleven rows, of which the last two claim one id."""
    numbers = [*range(1, CLAIMED_TWICE + 1), 10, CLAIMED_TWICE]
    rows = [make.contact(n, _loaded_at_utc="2023-05-09 10:00:00", gender="FM"[n % 2]) for n in numbers]
    rows[-1] |= {"username": "somebody.else", "name": "Somebody Else", "mail": "else@example.com"}
    return rows


def purchases(make):
    """102 rows: 4 of the id claimed twice, one category and one customer that nobody knows."""
    random.seed(7)
    rows = []
    for number in range(102):
        day = dt.datetime(2023, 1, 1) + dt.timedelta(hours=31 * number, milliseconds=37 * number)
        buyer = CLAIMED_TWICE if number in (5, 40, 41, 99) else random.choice([1, 2, 3, 4, 5, 6, 7, 8, 10])
        rows.append(
            make.transaction(
                number,
                buyer,
                transaction_date=day.isoformat(" ", "milliseconds"),
                amount=f"{random.randint(0, 50_000) / 100:.2f}",
                category=CATEGORIES[number % 6],
                _loaded_at_utc="2023-05-09 10:00:00",
            )
        )
    rows[17]["category"] = "Groceries"
    rows[60]["contact_id"] = make.id(77)
    return rows


def wrong(workplace, dataset):
    return dict(workplace.sql("select row_number, clauses from quarantine.rows where dataset = %s order by 1", dataset))


ORPHAN, UNKNOWN = ["transactions.contact_id.relationship"], ["transactions.category.enum"]
CONFLICT = ["contacts.id.primaryKey"]


def assert_exactly_what_is_wrong(workplace):
    assert wrong(workplace, "contacts") == {9: CONFLICT, 11: CONFLICT}
    assert wrong(workplace, "transactions") == {
        6: ORPHAN, 18: UNKNOWN, 41: ORPHAN, 42: ORPHAN, 61: ORPHAN, 100: ORPHAN,
    }  # fmt: skip
    assert workplace.sql("select count(*) from raw.contacts") == [(9,)]
    assert workplace.sql("select count(*), min(transaction_date) from raw.transactions") == [
        (96, "2023-01-01 00:00:00.000")
    ]
    assert workplace.sql("select distinct _loaded_at_utc from raw.transactions") == [(dt.datetime(2023, 5, 9, 10),)]


def as_text(rows, quoting=csv.QUOTE_MINIMAL, end="\n"):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), quoting=quoting, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def shuffled(rows):
    names = list(rows[0])
    random.Random(3).shuffle(names)
    return [{name: row[name] for name in names} for row in rows]


def with_load_time(spelling):
    return lambda rows: as_text([row | {"_loaded_at_utc": spelling} for row in rows]).encode()


def changed(**by_column):
    return lambda rows: as_text(
        [row | {name: change(row[name]) for name, change in by_column.items() if name in row} for row in rows]
    ).encode()


SPELLINGS = {
    "as it is": lambda rows: as_text(rows).encode(),
    "ISO with T and Z": with_load_time("2023-05-09T10:00:00Z"),
    "offset": with_load_time("2023-05-09 10:00:00+00:00"),
    "zone by name": with_load_time("2023-05-09 10:00:00 UTC"),
    "microseconds": with_load_time("2023-05-09 10:00:00.000000"),
    "nanoseconds": with_load_time("2023-05-09 10:00:00.000000000"),
    "no seconds": with_load_time("2023-05-09 10:00"),
    "Windows": lambda rows: b"\xef\xbb\xbf" + as_text(rows, end="\r\n").encode(),
    "all quoted": lambda rows: as_text(rows, csv.QUOTE_ALL).encode(),
    "other order": lambda rows: as_text(shuffled(rows)).encode(),
    "upper-case ids": changed(id=str.upper, contact_id=str.upper),
    "short amounts": changed(amount=lambda text: text.rstrip("0").rstrip(".")),
    "long amounts": changed(amount=lambda text: text + "000"),
    "signs and zeros": changed(item_count=lambda text: f"+0{text}"),
    "no line end": lambda rows: as_text(rows).rstrip().encode(),
    "blank lines at the end": lambda rows: as_text(rows).encode() + b"\n\r\n\n",
    "genders as words": changed(gender=lambda text: {"F": "Female", "M": "male"}[text]),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_quarantines_exactly_what_is_wrong(workplace, make, spelling):
    for dataset, rows in (("contacts", people(make)), ("transactions", purchases(make))):
        path = workplace.folder / f"{dataset}.csv"
        path.write_bytes(SPELLINGS[spelling](rows))
        answer = workplace.ingest(dataset, path, as_of=AS_OF)
        assert answer.code == 0, answer.err
    assert_exactly_what_is_wrong(workplace)


@pytest.mark.parametrize("kind", ["pandas", "text", "dictionary", "with zone"])
def test_parquet_as_tools_write_it(workplace, make, kind):
    import pyarrow as pa
    import pyarrow.parquet as pq

    for dataset, rows in (("contacts", people(make)), ("transactions", purchases(make))):
        table = pa.Table.from_pylist(rows)
        at = table.schema.get_field_index("_loaded_at_utc")
        loaded = pa.chunked_array([[dt.datetime(2023, 5, 9, 10)] * len(rows)], pa.timestamp("ns"))
        if kind == "pandas":
            table = table.set_column(at, "_loaded_at_utc", loaded)
            for name, type_ in (("amount", pa.float64()), ("item_count", pa.int64())):
                if name in table.column_names:
                    place = table.schema.get_field_index(name)
                    table = table.set_column(place, name, table[name].cast(type_))
        elif kind == "dictionary":
            table = pa.table({name: table[name].dictionary_encode() for name in table.column_names})
        elif kind == "with zone":
            table = table.set_column(at, "_loaded_at_utc", loaded.cast(pa.timestamp("ms", "Australia/Sydney")))
        path = workplace.folder / f"{dataset}.parquet"
        pq.write_table(table, path)
        answer = workplace.ingest(dataset, path, as_of=AS_OF)
        assert answer.code == 0, answer.err
    assert_exactly_what_is_wrong(workplace)


def test_refused_as_stale_without_a_clock(workplace, make):
    path = workplace.write("contacts.csv", people(make))
    answer = workplace.ingest("contacts", path, as_of=None)
    assert answer.code == 1
    assert "contacts.freshness" in answer.err and "old; 1 day is promised" in answer.err
    assert answer.only["outcome"] == "refused"
    assert "raw.contacts" not in workplace.counts()
    assert workplace.sql("select outcome, promoted, quarantined from governance.delivery") == [("refused", 0, 0)]
    assert workplace.ingest("contacts", path, as_of=AS_OF).code == 0, "a refused delivery may come again"


@pytest.mark.parametrize(
    ("loaded", "fresh"),
    [
        ("2023-05-08 12:00:00", True),
        ("2023-05-08 11:59:59", False),
        ("2023-05-09 12:00:00", True),
        ("2023-05-09 12:00:01", False),  # from the future: no row tells how old the load is
    ],
)
def test_freshness_to_the_second(workplace, make, loaded, fresh):
    path = workplace.write("contacts.csv", [make.contact(n, _loaded_at_utc=loaded) for n in range(5)])
    answer = workplace.ingest("contacts", path, as_of=AS_OF)
    assert answer.code == (0 if fresh else 1), answer.err


def test_one_row_from_the_future_does_not_hide_a_stale_load(workplace, make):
    rows = [make.contact(n, _loaded_at_utc="2023-05-01 10:00:00") for n in range(9)]
    rows.append(make.contact(10, _loaded_at_utc="2099-01-01 00:00:00"))
    answer = workplace.ingest("contacts", workplace.write("contacts.csv", rows), as_of=AS_OF)
    assert answer.code == 1 and "8 days" in answer.err
