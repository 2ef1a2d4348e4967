"""However many clauses on rows a contract has, the gate reads a delivery at most twice for all of them together."""

import pytest

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.database import connect
from c360.database.scanner import Scanner
from c360.engine.postgres import soda
from c360.engine.postgres.engine import PostgresEngine
from c360.gate import ingest as gate
from c360.ledger import deliveries
from c360.ledger.history import Run

HEAD = """
apiVersion: v3.2.0
kind: DataContract
id: readings
name: readings
version: 1.0.0
status: active
servers:
  - {server: local, type: postgres, host: localhost, port: 5432, database: x, schema: raw}
schema:
  - name: readings
    properties:
"""
PLAIN = "      - {name: %s, logicalType: integer, physicalType: integer, classification: public}\n"
STRICT = (
    "      - {name: %s, logicalType: integer, physicalType: integer, classification: public, required: true,\n"
    "         logicalTypeOptions: {minimum: 0, maximum: 99, multipleOf: 3}, enum: [{value: 3}, {value: 6}]}\n"
)
COLUMNS = ("a", "b", "c")


@pytest.fixture
def reads(shared_workplace, tmp_path, monkeypatch):
    """Reads of the typed delivery by the SQL of its contract: sequential scans of the transaction that decides, by its
    own counters, and the queries that Soda asked before it."""

    def count(column: str, rows: str) -> int:
        shared_workplace.reset()
        folder = tmp_path / "sources" / "readings"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "1.0.0.odcs.yaml").write_text(HEAD + "".join(column % name for name in COLUMNS))
        delivery = tmp_path / "readings.csv"
        delivery.write_text(",".join(COLUMNS) + "\n" + rows)
        seen = []
        real = deliveries.accept

        def accept(connection, *arguments):  # the last thing that is done with a delivery
            with connection.cursor() as cursor:
                cursor.execute("select seq_scan from pg_stat_xact_user_tables where relname = 'c360__typed'")
                seen.extend(cursor.fetchall())
            real(connection, *arguments)

        real_scan = soda.scan

        def scan(*arguments):
            database.execute("select pg_stat_force_next_flush()")  # what counts is decided after it
            return real_scan(*arguments)

        asked = []
        ask = Scanner.cursor

        def cursor(scanner):
            made = ask(scanner)
            execute = made.execute
            made.execute = lambda query: (asked.append(query), execute(query))
            return made

        monkeypatch.setattr(deliveries, "accept", accept)
        monkeypatch.setattr(soda, "scan", scan)
        monkeypatch.setattr(Scanner, "cursor", cursor)
        catalog = Catalog.of(find_contracts(tmp_path))
        database = connect(shared_workplace.settings)
        engine = PostgresEngine(database, shared_workplace.settings)
        try:
            done = gate.ingest(database, engine, catalog, "readings", delivery, Run.start("gate"))
        finally:
            database.close()
            monkeypatch.setattr(deliveries, "accept", real)
            monkeypatch.setattr(soda, "scan", real_scan)
            monkeypatch.setattr(Scanner, "cursor", ask)
        assert done.outcome == "accepted", done.reason
        assert done.promoted == 9
        return seen[-1][0] + sum("from readings" in query.lower() for query in asked)

    return count


def test_fifteen_clauses_on_rows_cost_one_read_of_a_clean_delivery(reads):
    clean = "3,6,3\n" * 9
    assert reads(STRICT, clean) - reads(PLAIN, clean) == 1


def test_and_at_most_two_when_rows_must_be_told_apart(reads):
    one_bad = "3,6,3\n" * 9 + "3,six,3\n"
    # the plain contract has its rows told apart too, by their types: one read, which the strict one shares
    assert reads(STRICT, one_bad) - reads(PLAIN, one_bad) + 1 <= 2
