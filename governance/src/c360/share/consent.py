"""`only_where` of a policy: who has agreed. A column of the product says it, or a dataset of consents.

Nobody else is in a release. A consent that is withdrawn is gone with the next one, so such releases cannot be linked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from c360.clause.dialect import POSTGRES, Dialect
from c360.clause.types import canonical_type
from c360.contract.catalog import Catalog
from c360.contract.document import Place
from c360.errors import CouldNotTell
from c360.generate.dbt_tests import reference
from c360.generate.target import Target
from c360.model import Column, Dataset
from c360.printable import shown
from c360.share.sql import in_both_dialects, name_in_both

Value = str | int | bool
Finding = tuple[Place, str]
"""Where in the file, and what."""
_TYPES: dict[str, type] = {"string": str, "integer": int, "boolean": bool}
_KEYS = ("dataset", "person", "where")


@dataclass(frozen=True)
class Consent:
    """Values that columns must have, all of them. `source` is how dbt names the dataset of these columns, `table` how
    Postgres does, and `person` is its column of the person's id; all are empty where the columns are the product's."""

    values: tuple[tuple[Column, Value], ...]
    source: str = ""
    person: str = ""
    table: str = ""

    @property
    def told(self) -> str:
        """For people."""
        return " and ".join(f"{column.name} is {str(value).lower()}" for column, value in self.values)

    def sql(self, target: Target, person: str) -> str:
        """The condition on a row of the product; `person` is the column of its person's id."""
        agreed = in_both_dialects(target, self._agreed)
        if not self.source:
            return agreed
        known, theirs = name_in_both(target, person), name_in_both(target, self.person)
        return f"{known} in (\n    select {theirs}\n    from {{{{ {self.source} }}}}\n    where {agreed}\n)"

    def on_postgres(self, person: str) -> str:
        """The same without dbt."""
        agreed, quote = self._agreed(POSTGRES), POSTGRES.quote
        if not self.source:
            return agreed
        return f"{quote(person)} in (select {quote(self.person)} from {self.table} where {agreed})"

    def _agreed(self, dialect: Dialect) -> str:
        return " and ".join(
            f"{dialect.quote(column.physical_name)} = {_literal(dialect, value)}" for column, value in self.values
        )


def _literal(dialect: Dialect, value: Value) -> str:
    return str(value).lower() if isinstance(value, bool | int) else dialect.literal(value)


def consent_of(said: dict[str, Any] | None, catalog: Catalog, dataset: Dataset) -> Consent | None:
    """What a sound policy says; None where it asks for no consent."""
    if said is None:
        return None
    if "dataset" not in said:
        return Consent(tuple((dataset.column(name), value) for name, value in said["where"].items()))
    _, held = catalog.find(said["dataset"])
    values = tuple((held.column(name), value) for name, value in said["where"].items())
    table = f"{POSTGRES.quote(held.schema)}.{POSTGRES.quote(held.table)}"
    return Consent(values, reference(catalog, held.name), held.physical(said["person"]), table)


def problems(said: Any, catalog: Catalog, dataset: Dataset, linked: bool) -> Iterator[Finding]:
    """What is wrong with `only_where` in the policy of a product's dataset."""
    if not isinstance(said, dict) or not isinstance(said.get("where"), dict) or not said["where"]:
        yield (), "only_where has no mapping where, such as {where: {marketing_consent: true}}"
        return
    for key in said.keys() - set(_KEYS):
        yield (key,), f"{shown(key)} means nothing in only_where; there are: {', '.join(_KEYS)}"
    if linked:
        yield (), "within a window who leaves stays, and a withdrawn consent would too: write pseudonyms: release"
    held = dataset
    if "dataset" in said or "person" in said:
        try:
            held = catalog.find(str(said.get("dataset")))[1]
        except CouldNotTell as error:
            yield ("dataset",), error.message.rstrip(".")
            return
        yield from _of_person(said, held, dataset)
    for name, value in said["where"].items():
        if what := _of_value(held, name, value):
            yield ("where", name), what


def _of_person(said: dict[str, Any], held: Dataset, dataset: Dataset) -> Iterator[Finding]:
    name = said.get("person")
    person = held.find(name)
    (ours,) = (dataset.column(key) for key in dataset.key)
    if person is None:
        yield ("person",), f"{held.name} has no column {shown(str(name))} that would hold the person's id"
    elif canonical_type(person.physical_type) != canonical_type(ours.physical_type):
        yield ("person",), f"{name} is {person.physical_type}, and {ours.name} is {ours.physical_type}"
    elif name not in held.key or not set(held.key) <= {name, *said["where"]}:
        yield (
            (),
            f"{held.name} may have several rows a person, of which one says yes and another no: its key would have to "
            f"be {name}, or {name} and columns that where names",
        )


def _of_value(held: Dataset, name: str, value: Any) -> str:
    column = held.find(name)
    if column is None:
        return f"{held.name} has no column {shown(str(name))}"
    if type(value) is not _TYPES.get(column.logical_type):
        return f"{name} is {column.logical_type or 'of no type'}, and {shown(str(value))} is none of its values"
    values = [entry["value"] for entry in column.enum]
    if values and value not in values:
        return f"{name} is one of {', '.join(map(str, values))}, never {shown(str(value))}"
    return ""
