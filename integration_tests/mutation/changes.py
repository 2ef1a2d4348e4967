"""What a mutation does: to the rows, which a table and a delivered file share, or to the table itself."""

from dataclasses import dataclass

from c360.fake.changes import Add, Drop, Every, Extra, Keep, Put, Row

__all__ = ["Add", "Change", "Ddl", "Drop", "Every", "Extra", "Keep", "Order", "Put", "Row", "of_table"]


@dataclass(frozen=True)
class Order:
    """The same columns in another order."""

    columns: tuple[str, ...]

    def on_rows(self, rows: list[Row]) -> None:
        rows[:] = [{name: row[name] for name in self.columns} for row in rows]


@dataclass(frozen=True)
class Ddl:
    """A statement about the table alone; `{table}` stands for it. A file knows nothing of it."""

    text: str


Change = Put | Add | Every | Keep | Drop | Extra | Order | Ddl


def of_table(change: Change, table: str) -> str:
    """The statement that changes a table; empty for what is about rows."""
    if isinstance(change, Drop):
        return f'alter table {table} drop column "{change.column}"'
    if isinstance(change, Extra):
        return f'alter table {table} add column "{change.column}" text'
    return change.text.replace("{table}", table) if isinstance(change, Ddl) else ""
