"""Planted defects: what the gate quarantines equals the truth file, clause for clause and row for row."""

import json

import pytest

CASES = [
    (1, 300, 1_000, "csv"),
    (2, 300, 1_000, "parquet"),
    (3, 500, 3_000, "csv"),
    (4, 400, 2_000, "parquet"),
]
NOW = "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(("seed", "customers", "transactions", "form"), CASES)
def test_quarantine_equals_the_truth(workplace, seed, customers, transactions, form):
    made = workplace.c360(
        "fake", "--defects", "--customers", customers, "--transactions", transactions, "--seed", seed,
        "--format", form, "--now", NOW, "--out", workplace.folder,
    )  # fmt: skip
    assert made.code == 0, made.err
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
    workplace.c360(
        "fake", "--customers", 200, "--transactions", 1_000, "--format", "csv", "--now", NOW,
        "--out", workplace.folder,
    )  # fmt: skip
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
    workplace.c360("fake", "--customers", 20, "--transactions", 20, "--format", "csv", "--now", NOW,
                   "--out", workplace.folder)  # fmt: skip
    workplace.ingest("contacts", workplace.folder / "contacts.csv")
    assert workplace.sql("select nspname from pg_namespace where nspname like 'landing%'") == []
