"""Values as senders write them, from the file to raw: what a cast or a form would change costs its row."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

TYPES = {"n": "numeric(12,2)", "w": "integer", "d": "double precision", "r": "real", "j": "jsonb", "day": "date",
         "at": "timestamp", "tod": "time", "free": "numeric", "word": "text", "span": "interval"}  # fmt: skip


@pytest.fixture
def deliver(workplace):
    workplace.reset()
    columns = [{"name": name, "physicalType": kind} for name, kind in TYPES.items()]
    ratio = {"property": "maxQuarantineRatio", "value": 1}
    part = {
        "name": "things", "customProperties": [ratio],
        "properties": [{"name": "id", "physicalType": "integer", "primaryKey": True}, *columns],
    }  # fmt: skip
    document = {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "things", "version": "1.0.0", "status": "active",
        "name": "things", "schema": [part],
    }  # fmt: skip
    path = workplace.folder / "contracts" / "sources" / "things.odcs.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document))

    def deliver(file, *options):
        return workplace.c360(
            "ingest",
            "things",
            file,
            "--contracts",
            path.parents[1],
            "--as-of",
            "2026-03-01T12:00:00Z",
            "--json",
            *options,
        )

    return deliver


def csv(workplace, values, delimiter=","):
    """A row for each (column, text), by id from 1; its other columns are empty."""
    rows = [{"id": n, **dict.fromkeys(TYPES, ""), name: text} for n, (name, text) in enumerate(values, 1)]
    path = workplace.write("things.csv", rows)
    if delimiter != ",":
        path.write_text("\n".join(delimiter.join(map(str, row)) for row in [rows[0], *(row.values() for row in rows)]))
    return path


def raw(workplace):
    """By id, the texts of the columns that are not null."""
    texts = ", ".join(f"{name}::text" for name in TYPES)
    return dict(workplace.sql(f"select id, array_to_string(array[{texts}], '|') from raw.things order by id"))


LOST = [
    ("d", "9007199254740993"), ("r", "16777217"), ("r", "0.123456789"), ("j", '{"a":1,"a":2}'),
    ("at", "2023-01-01 10:00:00 BC"), ("day", "2023-01-01 BC"), ("tod", "24:00:00"), ("at", "2023-01-01 24:00:00"),
    ("free", "Infinity"), ("free", "NaN"), ("n", "Infinity"), ("n", "1.234"), ("day", "infinity"),
]  # fmt: skip
KEPT = [("d", "0.1"), ("r", "0.1"), ("d", "Infinity"), ("j", '{"a": 1}'), ("tod", "23:59:59"), ("free", "1e3")]


def test_what_a_cast_would_change_costs_its_row(workplace, deliver):
    answer = deliver(csv(workplace, LOST + KEPT))
    assert answer.code == 0, answer.err
    assert workplace.sql("select row_number, clauses[1] from quarantine.rows order by 1") == [
        (n, f"things.{name}.physicalType") for n, (name, _) in enumerate(LOST, 1)
    ]
    assert list(raw(workplace).values()) == ["0.1", "0.1", "Infinity", '{"a": 1}', "23:59:59", "1000"]


def test_english_numbers_in_a_german_file_cost_their_rows(workplace, deliver):
    good = [("n", "1.234,50"), ("n", "1234,5"), ("w", "1.000"), ("d", "-1.234.567,25")]
    odd = [("n", "1.23"), ("n", "0.5"), ("n", "."), ("n", "12.34,5"), ("n", "1..5"), ("n", "1.5e3"), ("w", "1.2"),
           ("n", "0.123"), ("d", "1,234.5")]  # fmt: skip
    answer = deliver(csv(workplace, good + odd, ";"), "--delimiter", ";", "--decimal", ",", "--thousands", ".")
    assert answer.code == 0, answer.err
    assert (answer.only["promoted"], answer.only["quarantined"]) == (len(good), len(odd))
    assert list(raw(workplace).values()) == ["1234.50", "1234.50", "1000", "-1234567.25"]


@pytest.mark.parametrize("mark", ["\u00a0", "\u202f", "\u2019"])
def test_groups_of_digits_as_france_and_switzerland_write_them(workplace, deliver, mark):
    values = [("n", f"1{mark}234,50"), ("w", f"1{mark}000"), ("n", f"1{mark}23"), ("n", "1 234,50")]
    answer = deliver(csv(workplace, values, ";"), "--delimiter", ";", "--decimal", ",", "--thousands", mark)
    assert answer.code == 0, answer.err
    assert list(raw(workplace).values()) == ["1234.50", "1000"]


@pytest.mark.parametrize("odd", ["", "soon"])
def test_what_stands_for_null_is_null_where_it_looks_like_a_value(workplace, deliver, odd):
    values = [("day", "9999-12-31"), ("w", "-1"), ("n", "0.00"), ("day", "2026-01-01"), ("day", odd)]
    answer = deliver(
        csv(workplace, values), *(part for null in ("9999-12-31", "-1", "0.00") for part in ("--null", null))
    )
    assert answer.code == 0, answer.err
    assert list(raw(workplace).values()) == ["", "", "", "2026-01-01"] + [""] * (odd == "")


def test_parquet_is_read_as_it_says_whatever_the_form_of_csv(workplace, deliver):
    table = pa.table({
        "id": [1, 2, 3],
        "n": pa.array([Decimal("1.23"), Decimal("0.50"), None]),
        "free": pa.array([1.234, 1.5, None]),
        "d": pa.array([2**53 + 1, 1234, None]),
        "r": pa.array([0.5, 0.1, None], pa.float32()),
        "day": pa.array([20_000, 2_932_897, None], pa.int32()).view(pa.date32()),
        "at": pa.array([1_000, 1, None], pa.timestamp("ns")),
        "word": pa.array([Decimal(0), None, Decimal(0)], pa.decimal128(38, 18)),
        **{name: pa.nulls(3) for name in ("w", "j", "tod")},
    })  # fmt: skip
    path = workplace.folder / "things.parquet"
    pq.write_table(table, path)
    answer = deliver(path, "--decimal", ",", "--thousands", ".", "--date-format", "dd.MM.yyyy", "--null", "1234")
    assert answer.code == 0, answer.err
    assert answer.only["rows_by_clause"] == {f"things.{name}.physicalType": 1 for name in ("d", "day", "at")}
    assert raw(workplace) == {3: "0." + "0" * 18}
    good = table.set_column(3, "d", pa.array([0.1, 1234.0, None])).drop_columns(["day", "at"])
    for name in ("day", "at"):
        good = good.append_column(name, pa.nulls(3))
    pq.write_table(good.slice(0, 2), path)
    answer = deliver(path, "--decimal", ",", "--thousands", ".", "--null", "1234")
    assert answer.code == 0, answer.err
    assert raw(workplace) == {1: "1.23|0.1|0.5|1.234|0." + "0" * 18, 2: "0.50|1234|0.1|1.5", 3: "0." + "0" * 18}


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--encoding", "undefined", "an encoding that is not known"), ("--thousands", "0", "a thousands that is a part"),
     ("--decimal", "-", "a decimal that is a part of values"), ("--alias", "No=nowhere", "an alias of 'nowhere'")],
)  # fmt: skip
def test_a_form_that_would_change_values_is_refused_at_the_edge(workplace, deliver, option, value, said):
    answer = deliver(csv(workplace, [("n", "1")]), option, value)
    assert answer.code == 2 and said in answer.err and "unforeseen" not in answer.err


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"free": "1.0"}, {"free": "1.00"}, True), ({"d": "-0"}, {"d": "0"}, True),
        ({"j": '{"a": 1.0}'}, {"j": '{"a": 1}'}, True), ({"span": "P30D"}, {"span": "P1M"}, False),
        ({"word": "a"}, {"word": "A"}, False),
    ],
)  # fmt: skip
def test_what_says_the_same_does_so_within_a_delivery_and_across(deliver, workplace, one, other, same):
    rows = [dict.fromkeys(["id", *TYPES], "") | {"id": 1} | values for values in (one, other)]
    together = deliver(workplace.write("both.csv", rows)).json[0]
    assert (together["duplicates"], together["quarantined"]) == ((1, 0) if same else (0, 2))
    workplace.reset()
    deliver(workplace.write("one.csv", rows[:1]))
    answer = deliver(workplace.write("other.csv", rows[1:]))
    assert answer.code == 0, answer.err
    (later,) = answer.json
    assert (later["duplicates"], later["superseded"]) == ((1, 0) if same else (0, 1))
