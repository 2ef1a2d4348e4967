"""Changes of a delivery's rows, by which clauses are broken. A row is a dict by physical name; None is a null."""

from dataclasses import dataclass

Row = dict[str, str | None]
"""Text is what a CSV file would hold."""


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
    """A column less."""

    column: str

    def on_rows(self, rows: list[Row]) -> None:
        for row in rows:
            row.pop(self.column)


@dataclass(frozen=True)
class Extra:
    """A column more."""

    column: str

    def on_rows(self, rows: list[Row]) -> None:
        for row in rows:
            row[self.column] = "more"


Change = Put | Add | Every | Keep | Drop | Extra


def changed(rows: list[Row], changes: tuple[Change, ...]) -> list[Row]:
    """The rows after the changes; those that are given stay as they are."""
    after = [dict(row) for row in rows]
    for change in changes:
        change.on_rows(after)
    return after
