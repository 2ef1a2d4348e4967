"""Who waits for whom at the gate, on the ledger's own locks: held by one connection, asked for by another."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.database import connect
from c360.delivery.files import Delivery
from c360.delivery.form import Form
from c360.engine.postgres.engine import PostgresEngine
from c360.engine.postgres.tables import tables
from c360.gate.account import Gate
from c360.gate.entry import entered, judging, looked_at
from c360.ledger.history import Run
from c360.ledger.locks import forgetting
from c360.settings import Settings

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: {name}
name: {name}
version: 1.0.0
status: active
servers:
  - {{server: local, type: postgres, host: localhost, port: 5432, database: x, schema: raw}}
schema:
  - name: {name}
    quality: {rules}
    properties:
      - {{name: id, logicalType: integer, physicalType: integer, classification: public, required: true,
         primaryKey: true}}
      - {{name: n, logicalType: integer, physicalType: integer, classification: public, relationships: {refers}}}
"""
RULE = "[{type: sql, query: 'select count(*) from RAW.Notes where id < 0', mustBe: 0}]"
"""It names a table in another spelling."""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    folder = tmp_path_factory.mktemp("contracts")
    for name, rules, refers in (
        ("people", "[]", "[]"), ("orders", "[]", "[{to: people.id}]"), ("notes", "[]", "[]"), ("audits", RULE, "[]"),
    ):  # fmt: skip
        path = folder / "sources" / name / "1.0.0.odcs.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(CONTRACT.format(name=name, rules=rules, refers=refers))
    return Catalog.of(find_contracts(folder))


@pytest.fixture
def gates(database: Settings, catalog: Catalog) -> Iterator[dict[str, tuple[Gate, Gate]]]:
    """Of each dataset the gates of two programs, of which the second does not wait long."""
    with ExitStack() as stack:
        found = []
        for patience in ("0", "200ms"):
            connection = stack.enter_context(closing(connect(database)))
            with connection, connection.cursor() as cursor:
                cursor.execute(f"set lock_timeout = '{patience}'")
            engine = PostgresEngine(connection, database)
            found.append(
                {
                    dataset.name: Gate(connection, engine, catalog, contract, dataset, Run.start("gate"))
                    for contract, dataset in catalog.pairs()
                }
            )
        yield {name: (found[0][name], found[1][name]) for name in found[0]}


def waits(gate: Gate) -> bool:
    """Whether the gate is closed to who wants to deliver and be judged."""
    try:
        with entered(gate), judging(gate):
            return False
    except psycopg2.errors.LockNotAvailable:
        return True


def test_a_gate_looks_at_what_its_clauses_name(gates) -> None:
    assert {name: looked_at(gate) for name, (gate, _) in gates.items()} == {
        "people": set(), "orders": {"people"}, "notes": set(), "audits": {"notes"},
    }  # fmt: skip


def test_two_datasets_go_side_by_side_and_one_does_not(gates) -> None:
    with entered(gates["people"][0]), judging(gates["people"][0]):
        assert {name: waits(second) for name, (_, second) in gates.items()} == {
            "people": True, "orders": True, "notes": False, "audits": False,
        }  # fmt: skip
    assert not any(waits(second) for _, second in gates.values()), "nobody waits for who has left"


def test_who_is_looked_at_waits_for_who_looks(gates) -> None:
    with entered(gates["orders"][0]), judging(gates["orders"][0]):
        assert waits(gates["people"][1]) and not waits(gates["notes"][1])
    with entered(gates["audits"][0]), judging(gates["audits"][0]):
        assert waits(gates["notes"][1]) and not waits(gates["people"][1])


def test_what_only_lands_keeps_nobody_waiting(gates) -> None:
    with entered(gates["people"][0]):
        assert not waits(gates["orders"][1]) and waits(gates["people"][1])


def test_who_forgets_waits_for_every_delivery(gates) -> None:
    second = gates["notes"][1].ledger
    with (
        entered(gates["people"][0]),
        pytest.raises(psycopg2.errors.LockNotAvailable),
        second,
        second.cursor() as cursor,
    ):
        forgetting(cursor)
    with second, second.cursor() as cursor:
        forgetting(cursor)


def test_a_landing_is_open_to_the_scanner_alone_and_gone_afterwards(gates, tmp_path: Path) -> None:
    gate, other = gates["people"]
    file = tmp_path / "people.csv"
    file.write_text("id,n\n1,2\n")
    schema = tables(gate.dataset).schema
    query = "select has_schema_privilege(r, %s, 'usage') from unnest(array['c360_scanner', 'c360_transformer']) as r"
    with entered(gate) as landing:
        with landing.transaction():
            landing.land(Delivery(file, Form(), gate.dataset))
        with other.ledger, other.ledger.cursor() as cursor:
            cursor.execute(query, (schema,))
            assert cursor.fetchall() == [(True,), (False,)]
    with other.ledger, other.ledger.cursor() as cursor:
        cursor.execute("select nspname from pg_namespace where nspname like 'landing%'")
        assert cursor.fetchall() == []
