"""A connection that Ctrl-C and SIGTERM leave fit for use: what they undo, and put on record, goes over it."""

from typing import Any

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus


class Connection(psycopg.Connection[Any]):
    """Everything that psycopg sends and awaits goes by `wait`. It cancels a statement that was interrupted while it was
    awaited; one that was interrupted on its way would leave the connection busy for good."""

    def wait(self, *arguments: Any, **more: Any) -> Any:
        try:
            return super().wait(*arguments, **more)
        except KeyboardInterrupt:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.cancel_safe(timeout=5)
                self._drain()
            raise

    def _drain(self) -> None:
        while (result := self.pgconn.get_result()) is not None:
            if result.status == ExecStatus.COPY_IN:
                self.pgconn.put_copy_end(b"stopped")
