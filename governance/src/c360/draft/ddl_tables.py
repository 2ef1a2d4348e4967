"""A parsed `create table`, and comments on it, as an ODCS schema object."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from c360.draft.classify import stated_classification
from c360.draft.constraints import TableDescription
from c360.draft.own_types import OwnType
from c360.draft.sql_types import described_type

_COUNTED = ("SMALLSERIAL", "SERIAL", "BIGSERIAL")
"""What never is null, for it has a default."""
_TYPED = ("databricks", "hive", "spark", "spark2")
"""Where each column of a `create table` has a type."""


@dataclass(frozen=True)
class Columns:
    """The columns of a table as far as they are read, in order, and the types that a script has made."""

    dialect: str
    types: Mapping[str, OwnType]
    by_name: dict[str, dict[str, Any]] = field(default_factory=dict)
    apart: dict[str, str] = field(default_factory=dict)
    """The names of those of the `types` that columns have."""
    notes: list[str] = field(default_factory=list)

    def add(self, column: Any) -> None:
        """Puts a column of a `create table` or an `alter table` among them, in place of one of its name."""
        if (own := type_name(column.kind)) in self.types:
            self.apart[column.name] = own
            self.by_name[column.name] = column_of(column, self.dialect, lambda said: None)
            self.by_name[column.name].pop("logicalType")  # that of its base, which is not looked up yet
            return
        said: list[str] = []
        self.by_name[column.name] = column_of(column, self.dialect, said.append)
        self.notes.extend(f"{column.name}: {one}" for one in said)


def described_table(
    create: Any,
    dialect: str,
    before: Mapping[str, TableDescription],
    types: Mapping[str, OwnType],
    notes: tuple[str, ...],
) -> TableDescription:
    """With the columns of the tables that it is like or inherits from, as far as these stand `before` it; `apart` are
    the names of those `types` that columns have."""
    schema, name = create.this, create.this.this.name
    columns = Columns(dialect, types, notes=list(notes))
    for parent, _ in parents(create):
        known = before.get(parent)
        if known is None:
            columns.notes.append(f"Its columns of {parent} are missing: no such table stands before it.")
            continue
        columns.by_name.update({prop["name"]: dict(prop) for prop in known.part["properties"]})
        columns.apart.update(known.apart)
    for column in schema.expressions:
        column = exp.ColumnDef(this=column) if isinstance(column, exp.Identifier) else column
        if not isinstance(column, exp.ColumnDef):
            continue
        if column.kind is None and dialect in _TYPED:  # of a type before it that was not read whole
            columns.notes.append(f"Not read: {column.name}, which has no type.")
            continue
        columns.add(column)
    part = {"name": name, "physicalName": name}
    if comment := _table_comment(create):
        part["description"] = comment
    return TableDescription(
        {**part, "properties": list(columns.by_name.values())}, (), columns.apart, tuple(columns.notes)
    )


def column_of(column: Any, dialect: str, note: Callable[[str], None]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": column.name}
    kind = column.kind
    if kind is not None:
        found |= described_type(kind, dialect, note)
        word = kind.this.name if isinstance(kind, exp.DataType) else ""
        found |= {"required": True} if word in _COUNTED else {}
    for constraint in column.constraints:
        said = constraint.kind
        if isinstance(said, exp.NotNullColumnConstraint):
            if not said.args.get("allow_null"):
                found["required"] = True
        elif isinstance(said, exp.CommentColumnConstraint):
            found["description"] = said.this.name
        elif isinstance(said, exp.Properties):
            options = {one.name.lower(): one.args["value"] for one in said.expressions}
            found |= {"description": options["description"].name} if "description" in options else {}
            if "policy_tags" in options:
                found["classification"] = "policy tag"
        elif isinstance(said, exp.MaskingPolicyColumnConstraint):
            found["classification"] = "masking policy"
        elif isinstance(said, exp.Tags):
            found |= {"classification": word} if (word := stated_classification(dict(_tags(said)))) else {}
    return found


def type_name(kind: Any) -> str:
    """The name of a type that is none of SQL, without its schema."""
    named = kind.args.get("kind") if isinstance(kind, exp.DataType) and kind.this == exp.DType.USERDEFINED else None
    if isinstance(named, str):
        return named.rpartition(".")[2]
    return named.expression.name if isinstance(named, exp.Dot) else named.name if named is not None else ""


def add_comment(tables: Mapping[str, dict[str, Any]], statement: Any) -> None:
    """What `comment on`, or SQL Server's extended property, says of a table or a column."""
    if isinstance(statement, exp.Execute):
        given = {one.this.name.lower(): one.expression.name for one in statement.find_all(exp.EQ)}
        if given.get("name", "").lower() != "ms_description" or "level1name" not in given:
            return
        table, column, text = given["level1name"], given.get("level2name", ""), given.get("value", "")
    elif isinstance(statement, exp.Comment):
        on = statement.this
        table, column = (on.table, on.name) if isinstance(on, exp.Column) else (on.name, "")
        text = statement.expression.name
    else:
        return
    part = tables.get(table)
    for prop in part["properties"] if part and column else []:
        if prop["name"] == column:
            prop["description"] = text
    if part and not column:
        part["description"] = text


def parents(create: Any) -> Iterator[tuple[str, bool]]:
    """The tables whose columns it has, and whether it has their constraints."""
    for one in create.this.expressions:
        if isinstance(one, exp.LikeProperty):
            words = " ".join(said.sql().upper() for said in one.expressions)
            yield one.this.name, "ALL" in words or "CONSTRAINTS" in words or "INDEXES" in words
    properties = create.args.get("properties")
    for one in properties.expressions if properties else ():
        if isinstance(one, exp.InheritsProperty):
            yield from ((parent.name, False) for parent in one.expressions)


def _table_comment(create: Any) -> str:
    properties = create.args.get("properties")
    for one in properties.expressions if properties else ():
        named = isinstance(one, exp.Property) and one.name.lower() == "description"
        if isinstance(one, exp.SchemaCommentProperty):
            return str(one.this.name)
        if named:
            return str(one.args["value"].name)
    return ""


def _tags(said: Any) -> Iterator[tuple[str, str]]:
    for one in said.expressions:
        yield one.this.name or one.this.sql(), one.args["value"].name if one.args.get("value") is not None else ""
