"""What a mutation does: to the rows, which a table and a delivered file share, or to the table itself."""

from dataclasses import dataclass

from .clean import Row


@dataclass(frozen=True)
class Put:
    """Set columns of one row."""

    values: Row
    row: int = 7

    def on_rows(self, rows: list[Row]) -> None:
        rows[self.row].update(self.values)


@dataclass(frozen=True)
class Add:
    """A further row: a copy of one that is there, changed."""

    values: Row
    like: int = 7

    def on_rows(self, rows: list[Row]) -> None:
        rows.append({**rows[self.like], **self.values})


@dataclass(frozen=True)
class Every:
    """Set columns of every row."""

    values: Row

    def on_rows(self, rows: list[Row]) -> None:
        for row in rows:
            row.update(self.values)


@dataclass(frozen=True)
class Keep:
    """Only so many rows, the first ones."""

    rows: int

    def on_rows(self, rows: list[Row]) -> None:
        del rows[self.rows :]


@dataclass(frozen=True)
class Drop:
    """A column less, in the table and in the file."""

    column: str

    def on_rows(self, rows: list[Row]) -> None:
        for row in rows:
            row.pop(self.column)

    def sql(self, table: str) -> str:
        return f'alter table {table} drop column "{self.column}"'


@dataclass(frozen=True)
class Extra:
    """A column more."""

    column: str

    def on_rows(self, rows: list[Row]) -> None:
        for row in rows:
            row[self.column] = "more"

    def sql(self, table: str) -> str:
        return f'alter table {table} add column "{self.column}" text'


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

    def sql(self, table: str) -> str:
        return self.text.replace("{table}", table)


Change = Put | Add | Every | Keep | Drop | Extra | Order | Ddl
