"""Soda's loader finds a data source of the type `c360` by the name of this module: Postgres as the scanner sees it."""

from soda.data_sources.postgres_data_source import PostgresDataSource

from c360.database.scanner import Scanner
from c360.engine.postgres.soda import LENT


class C360DataSource(PostgresDataSource):
    """Asks a scanner that c360 lends it, and knows no way to connect by itself."""

    def connect(self) -> Scanner:
        self.connection = LENT.get()
        return self.connection

    def get_max_aggregation_fields(self) -> int:
        return 1_000  # all row clauses in one query
