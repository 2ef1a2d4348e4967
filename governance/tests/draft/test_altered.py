"""Tables that a script alters after it made them: columns as they are in the end, and told is what was not read."""

from pathlib import Path
from typing import Any

import pytest

from c360.contract.document import read_document
from c360.draft.sources import drafts_of
from c360.draft.write import as_yaml

LEVELS = ["public", "internal", "confidential", "pii_indirect", "pii_direct"]
CREATED = "create table t (id int primary key, b int);\n"


def drafted(tmp_path: Path, sql: str, dialect: str = "postgres") -> tuple[dict[str, dict[str, Any]], str]:
    """The columns by name, and the text of the draft."""
    (tmp_path / "t.sql").write_text(sql)
    (draft,) = drafts_of({tmp_path / "t.sql": ""}, LEVELS, {}, dialect=dialect)
    text = as_yaml(draft)
    return {one["name"]: one for one in read_document(Path("draft"), text)["schema"][0]["properties"]}, text


@pytest.mark.parametrize(
    ("dialect", "said", "column", "physical", "required"),
    [
        ("postgres", "alter table t add column c date not null", "c", "date", True),
        ("postgres", "alter table only t add c date, add d int", "d", "integer", False),
        ("oracle", "alter table t add (c varchar2(9), d number(4))", "c", "varchar(9)", False),
        ("postgres", "alter table t alter column b type bigint", "b", "bigint", False),
        ("postgres", "alter table t alter b set data type bigint, alter b set not null", "b", "bigint", True),
        ("tsql", "alter table t alter column b bigint not null", "b", "bigint", True),
        ("tsql", "alter table t alter column b bigint", "b", "bigint", False),
        ("mysql", "alter table t modify b bigint not null", "b", "bigint", True),
        ("mysql", "alter table t modify b int not null, modify b bigint", "b", "bigint", False),
    ],
)
def test_columns_are_those_after_it(
    tmp_path: Path, dialect: str, said: str, column: str, physical: str, required: bool
) -> None:
    columns, text = drafted(tmp_path, f"{CREATED}{said};", dialect)
    assert (columns[column]["physicalType"], columns[column].get("required", False)) == (physical, required)
    assert "Not read" not in text


@pytest.mark.parametrize(
    "said",
    [
        "drop column b", "rename to u", "rename column b to c", "alter column b set default 'Smith'",
        "alter b drop default", "enable row level security", "alter column b type text, owner to z",
        "add column b text default 'Smith'", "alter column nowhere type text", "attach partition p default",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_told(tmp_path: Path, said: str) -> None:
    _, text = drafted(tmp_path, f"{CREATED}alter table public.t {said};")
    assert "# Not read: " in text and "Smith" not in text


def test_constraints_of_an_added_column_count(tmp_path: Path) -> None:
    columns, text = drafted(tmp_path, f"{CREATED}alter table t add column c int unique check (c > 0), owner to me;")
    assert "Not read" in text or columns["c"]["unique"]
    columns, _ = drafted(tmp_path, f"{CREATED}alter table t add column c int unique check (c > 0);")
    assert columns["c"]["unique"] and columns["c"]["logicalTypeOptions"] == {"exclusiveMinimum": 0}


@pytest.mark.parametrize(
    ("dialect", "said", "told"),
    [
        ("tsql", "alter table [dbo].[t] add constraint [DF] default ('Smith') for [b]", "No clause says what"),
        ("oracle", "alter table t add constraint u unique (b) using index enable", "No clause says what"),
        ("mysql", "alter table t comment = 'Smith'", "Not read"),
    ],
)
def test_what_is_added_in_words_of_one_database_is_told(tmp_path: Path, dialect: str, said: str, told: str) -> None:
    _, text = drafted(tmp_path, f"{CREATED}{said};", dialect)
    assert told in text and "Smith" not in text


def test_what_is_altered_of_a_table_that_is_not_created_is_told(tmp_path: Path) -> None:
    _, text = drafted(tmp_path, f"{CREATED}alter table other add column c int; alter table seq owner to me;")
    assert "# Not read: ALTER TABLE other, which no statement before it creates." in text and "seq" not in text


def test_a_type_that_is_not_known_makes_no_column_of_its_own(tmp_path: Path) -> None:
    columns, text = drafted(tmp_path, "create table t (a int, m map<string, foo>, z string);", "spark")
    assert list(columns) == ["a", "m", "z"] and "# Not read: foo, which has no type." in text


def test_names_without_quotes_are_folded(tmp_path: Path) -> None:
    sql = f"{CREATED}ALTER TABLE T ADD COLUMN c int; ALTER TABLE T ALTER COLUMN B TYPE bigint, ADD UNIQUE (c);"
    columns, text = drafted(tmp_path, sql)
    assert columns["c"]["unique"] and "Not read" not in text and columns["b"]["physicalType"] == "bigint"


def test_of_tables_that_are_named_nearly_alike_the_first_is_kept(tmp_path: Path) -> None:
    (tmp_path / "t.sql").write_text('create table "X y" (a int); create table "x Y" (b int); create table x_y (c int);')
    (draft,) = drafts_of({tmp_path / "t.sql": ""}, LEVELS, {})
    assert draft.name == "X y"
    assert [line for line in as_yaml(draft).splitlines() if "Not read" in line] == [
        "# Not read: the table x Y, which is named nearly so.", "# Not read: the table x_y, which is named nearly so.",
    ]  # fmt: skip
