"""Together: what every engine knows of rows that are judged with others, in SQL of its dialect."""

from collections.abc import Callable, Iterable

from c360.clause.dialect import Dialect
from c360.clause.kinds import IDENTITY, PRIMARY_KEY, RELATIONSHIP, UNIQUE
from c360.engine.interface import How
from c360.errors import CouldNotTell
from c360.model import Dataset

Said = Callable[[Dataset, str, str], str]
"""SQL of what a column says in a row, to compare it with what it says in another."""


def require_judges(dataset: Dataset) -> None:
    """Raises CouldNotTell for a clause on several rows that no engine has a judge for."""
    for clause in dataset.clauses:
        if clause.kind.is_of_several_rows and clause.kind not in (PRIMARY_KEY, UNIQUE, IDENTITY, RELATIONSHIP):
            raise CouldNotTell(
                f"At the gate no rows are judged by {clause.id} ({clause.kind.name}).", "Report this as a bug."
            )


def differ(dataset: Dataset, names: Iterable[str], said: Said, row: str = "t") -> str:
    """SQL: whether a row (the delivered one where none is named) and raw's r differ in these columns."""
    tests = (f"{said(dataset, name, row)} is distinct from {said(dataset, name, 'r')}" for name in names)
    return " or ".join(tests) or "false"


def beside(dataset: Dataset, came: How, dialect: Dialect, said: Said) -> str:
    """SQL: what the delivered row t is to raw's row r of its key.

    same: it says the same. moved: it does, and was loaded later. later, earlier: another version. identity, conflict:
    another person, or other contents that no load time puts in order; the row breaks the clause of that kind.
    """
    if came == "decided":
        return "'later'"
    contents = [c.name for c in dataset.columns if c.name not in (*dataset.key, dataset.load_column)]
    later, earlier, moved = str(came == "delivered").lower(), "false", "false"
    if dataset.load_column:
        load = dialect.quote(dataset.physical(dataset.load_column))
        later = moved = f"t.{load} > r.{load}"
        earlier = f"t.{load} < r.{load}"
    return f"""case
        when not ({differ(dataset, contents, said)}) then case when {moved} then 'moved' else 'same' end
        when {differ(dataset, dataset.identity, said)} then 'identity'
        when {later} then 'later'
        when {earlier} then 'earlier'
        else 'conflict'
    end"""
