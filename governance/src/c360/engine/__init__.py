"""Engines of the gate: what one has to bring (`interface`), and a folder each."""

from typing import TYPE_CHECKING

from c360.contract import servers
from c360.contract.catalog import Catalog
from c360.engine.interface import Engine
from c360.errors import CouldNotTell
from c360.model import Contract
from c360.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection


def engine_of(ledger: "Connection", settings: Settings, contract: Contract) -> Engine:
    """The engine in which deliveries of a contract lie."""
    if servers.engine_of(contract, settings.engine) == "spark":
        from c360.engine.spark.engine import SparkEngine

        return SparkEngine(ledger, settings)
    from c360.engine.postgres.engine import PostgresEngine

    return PostgresEngine(ledger, settings)


def require_postgres(settings: Settings, catalog: Catalog, command: str) -> None:
    """Raises CouldNotTell where a source lies elsewhere, which the command would pass over in silence."""
    for contract in catalog.contracts:
        if contract.layer == "sources" and (engine := servers.engine_of(contract, settings.engine)) != "postgres":
            raise CouldNotTell(
                f"c360 {command} reaches Postgres alone, and deliveries of {contract.name} lie on {engine}.",
                "What to do instead: docs/databricks.md",
            )
