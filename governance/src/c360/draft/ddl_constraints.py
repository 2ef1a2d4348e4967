"""Constraints out of SQL: those of a `create table`, those that are added later, and unique indexes."""

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from c360.draft.constraints import Constraint
from c360.draft.ddl_altered import added, altered_name


def constraints_of(statement: Any) -> Iterator[tuple[str, Constraint]]:
    """The table of each that a statement makes, and it."""
    if isinstance(statement, exp.Create) and statement.kind == "TABLE" and isinstance(statement.this, exp.Schema):
        table, parts = statement.this.this.name, statement.this.expressions
    elif isinstance(statement, exp.Create) and statement.kind == "INDEX" and statement.args.get("unique"):
        index = statement.this
        table, parts = index.args["table"].name, []
        yield table, _of_index(index)
    elif isinstance(statement, exp.Alter) and isinstance(statement.this, exp.Table):
        table = statement.this.name
        parts = [part for action in statement.args.get("actions") or [] for part in _of_action(action)]
    elif added(statement):
        yield altered_name(statement)[1], Constraint("", sql=f"alter {str(statement.expression).strip()}")
        return
    else:
        return
    for part in parts:
        if isinstance(part, exp.ColumnDef):
            yield from ((table, one) for c in part.constraints for one in constraint_of(c.kind, c.name, (part.name,)))
        elif isinstance(part, exp.Constraint):
            yield from (
                (table, one) for inner in _clustered(part.expressions) for one in constraint_of(inner, part.name)
            )
        else:
            yield from ((table, one) for one in constraint_of(part))


def _of_action(action: Any) -> list[Any]:
    """The constraints that an action of an `alter table` adds, and the columns that have some."""
    if isinstance(action, exp.AddConstraint | exp.Schema):
        return list(action.expressions)
    return [action.this] if isinstance(action, exp.ModifyColumn) else [action] * isinstance(action, exp.ColumnDef)


def _clustered(said: list[Any]) -> Iterator[Any]:
    """Parts of a constraint; a key of T-SQL with the columns that stand behind the word CLUSTERED."""
    words = (exp.ClusteredColumnConstraint, exp.NonClusteredColumnConstraint)
    behind = [one.this for one in said if isinstance(one, words) and one.this]
    for one in said:
        if behind and isinstance(one, exp.PrimaryKeyColumnConstraint):
            one = exp.PrimaryKey(expressions=behind[0])
        elif isinstance(one, exp.UniqueColumnConstraint) and isinstance(one.this, words):
            one = exp.UniqueColumnConstraint(this=exp.Schema(expressions=one.this.this))
        yield one


def constraint_of(said: Any, name: str = "", column: tuple[str, ...] = ()) -> Iterator[Constraint]:
    """One of a table, or of its `column`."""
    if isinstance(said, exp.PrimaryKey | exp.PrimaryKeyColumnConstraint):
        yield Constraint("primary key", name, column or names_of(said.expressions))
    elif isinstance(said, exp.UniqueColumnConstraint):
        yield Constraint("unique", name, column or names_of(said.this.expressions if said.this else []))
    elif isinstance(said, exp.ForeignKey | exp.Reference):
        reference = said.args.get("reference") if isinstance(said, exp.ForeignKey) else said
        target = reference.this if reference is not None else None
        if target is not None:
            targets = names_of(target.expressions) if isinstance(target, exp.Schema) else ()
            own = column or names_of(said.expressions)
            yield Constraint("foreign key", name, own, (target.find(exp.Table) or target).name, targets)
    elif isinstance(said, exp.CheckColumnConstraint):
        yield Constraint("check", name, sql=said.this.sql("postgres", comments=False))
    elif isinstance(said, exp.ExcludeColumnConstraint):
        yield Constraint("", name, sql=said.sql("postgres", comments=False))


def _of_index(index: Any) -> Constraint:
    """A unique index, which is a promise of columns only where it is on nothing but these, and on all rows."""
    parameters = index.args["params"]
    columns = [one.this if isinstance(one, exp.Ordered) else one for one in parameters.args.get("columns") or []]
    if parameters.args.get("where") or not all(isinstance(one, exp.Column) for one in columns):
        return Constraint("", index.name, sql=f"unique index {index.sql('postgres', comments=False)}")
    return Constraint("unique", index.name, names_of(columns))


def names_of(expressions: Any) -> tuple[str, ...]:
    return tuple((one.this if isinstance(one, exp.Ordered) or one.name == "" else one).name for one in expressions)
