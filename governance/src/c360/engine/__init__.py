"""Engines of the gate: what one has to bring (`interface`), and a folder each."""

from typing import TYPE_CHECKING

from c360.engine.interface import Engine
from c360.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection


def engine_of(ledger: "Connection", settings: Settings) -> Engine:
    """The engine in which the project's deliveries lie: Postgres, in the ledger's own database."""
    from c360.engine.postgres.engine import PostgresEngine

    return PostgresEngine(ledger, settings)
