"""Planted defects: what the gate quarantines equals the truth file, clause for clause and row for row."""

import json
from datetime import datetime

import pytest

from integration_tests.shop.deliver import deliver

CASES = [
    (1, 300, 1_000, "csv"),
    (2, 300, 1_000, "parquet"),
    (3, 500, 3_000, "csv"),
    (4, 400, 2_000, "parquet"),
]
AT = datetime(2026, 3, 1, 12)


@pytest.mark.parametrize(("seed", "customers", "transactions", "form"), CASES)
def test_quarantine_equals_the_truth(workplace, seed, customers, transactions, form):
    deliver(workplace.folder, customers, transactions, AT, seed, form, defects=True)
    truth = json.loads((workplace.folder / "truth.json").read_text())
    for dataset, told in truth.items():
        answer = workplace.ingest(dataset, workplace.folder / f"{dataset}.{form}")
        assert answer.code == 0, answer.err
        found = workplace.sql(
            "select row_number, payload ->> 'id', clauses from quarantine.rows where dataset = %s order by 1",
            dataset,
        )
        assert found == [(row["row"], row["id"], row["clauses"]) for row in told["quarantined"]]
        account = workplace.sql(
            "select delivered, promoted, quarantined, duplicates, superseded from governance.delivery "
            "where dataset = %s and outcome = 'accepted'",
            dataset,
        )
        assert account == [(told["rows"], told["promoted"], len(found), told["duplicates"], 0)]
        assert workplace.sql(f"select count(*) from raw.{dataset}") == [(told["promoted"],)]
        by_clause = {}
        for row in told["quarantined"]:
            for clause in row["clauses"]:
                by_clause[clause] = by_clause.get(clause, 0) + 1
        assert answer.only["rows_by_clause"] == by_clause
        history = dict(
            workplace.sql(
                "select clause, rows from governance.history where dataset = %s and rows > 0 and outcome = 'failed'",
                dataset,
            )
        )
        assert history == by_clause


def test_clean_data_alarms_nowhere(workplace):
    deliver(workplace.folder, 200, 1_000, AT)
    for dataset, rows in (("contacts", 200), ("transactions", 1_000)):
        answer = workplace.ingest(dataset, workplace.folder / f"{dataset}.csv")
        assert answer.code == 0, answer.err
        assert answer.only["promoted"] == answer.only["delivered"] == rows
        assert set(answer.only["clauses"].values()) == {"passed"}
    assert workplace.sql("select outcome, count(*) from governance.history group by 1") == [
        ("passed", workplace.sql("select count(*) from governance.history")[0][0])
    ]
    assert workplace.sql("select count(*) from quarantine.rows") == [(0,)]


def test_nothing_stays_in_landing(workplace):
    deliver(workplace.folder, 20, 20, AT)
    workplace.ingest("contacts", workplace.folder / "contacts.csv")
    assert workplace.sql("select nspname from pg_namespace where nspname like 'landing%'") == []
