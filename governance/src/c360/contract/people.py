"""People: in which columns a person's id stands, as contracts tell by classifications and references.

A person is a row of the dataset that describes people, and is known by its key there. Every column that refers to that
key, or to a column that does, holds a person's id too.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from c360.clause.kinds import RELATIONSHIP
from c360.contract.catalog import Catalog
from c360.errors import CouldNotTell, unknown
from c360.model import Dataset

NAME_THE_PERSON = "Say whose id it is: c360 forget --of DATASET, or DATASET.COLUMN where its key is not the id."


@dataclass(frozen=True)
class Subject:
    """Whose id it is: a dataset, and the name of the column that tells one person from another."""

    dataset: Dataset
    column: str

    @property
    def name(self) -> str:
        return f"{self.dataset.name}.{self.column}"

    @property
    def physical_type(self) -> str:
        return self.dataset.column(self.column).physical_type


@dataclass(frozen=True)
class Reference:
    """Columns of a dataset that hold a key of another one (names, not physical); a row that `needs` it is none
    without."""

    dataset: Dataset
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    needs: bool


def subjects(catalog: Catalog, closed: Collection[str]) -> list[Subject]:
    """The sources that describe people: each has a key of one column, holds columns of the classifications `closed`,
    and needs no row of another such source."""
    found = [
        dataset
        for contract, dataset in catalog.pairs()
        if contract.layer == "sources"
        and len(dataset.key) == 1
        and any(column.classification in closed for column in dataset.columns)
    ]
    names = {dataset.name for dataset in found}
    first = [d for d in found if not any(r.needs and r.target in names - {d.name} for r in references_of(d))]
    return [Subject(dataset, dataset.key[0]) for dataset in first]


def subject_of(catalog: Catalog, closed: Collection[str], of: str | None = None) -> Subject:
    """The dataset that is named `of`, or the one source that describes people.

    Raises CouldNotTell when it is none, or not one.
    """
    if of is not None:
        return _named(catalog, of)
    found = subjects(catalog, closed)
    if len(found) == 1:
        return found[0]
    said = ", ".join(sorted(subject.dataset.name for subject in found)) or "none"
    raise CouldNotTell(
        f"The contracts do not tell who is a person; sources that describe people: {said}.", NAME_THE_PERSON
    )


def _named(catalog: Catalog, of: str) -> Subject:
    datasets = {dataset.name: dataset for _, dataset in catalog.pairs()}
    name, _, column = (of, "", "") if of in datasets else of.rpartition(".")
    dataset = datasets.get(name)
    if dataset is None:
        raise unknown(f"No contract describes a dataset {of!r}.", name or of, datasets)
    columns = (column,) if column else dataset.key
    if len(columns) != 1 or columns[0] not in {c.name for c in dataset.columns}:
        known = ", ".join(c.name for c in dataset.columns)
        raise CouldNotTell(f"{of} does not name one column that is a person's id.", f"{name} has: {known}.")
    return Subject(dataset, columns[0])


def references_of(dataset: Dataset) -> Iterator[Reference]:
    for clause in RELATIONSHIP.of(dataset):
        said = clause.argument
        needs = any(name in dataset.key or dataset.column(name).required for name in said.columns)
        yield Reference(dataset, said.columns, said.target, said.target_columns, needs)


def references(catalog: Catalog) -> list[Reference]:
    """All of them, in the order of the catalog."""
    return [reference for _, dataset in catalog.pairs() for reference in references_of(dataset)]


def holders(catalog: Catalog, subject: Subject) -> dict[str, dict[str, bool]]:
    """By dataset, the columns that hold the subject's id, and whether a row needs it: one that does is that person's,
    another merely mentions them."""
    found: dict[str, dict[str, bool]] = {subject.dataset.name: {subject.column: True}}
    todo = [(subject.dataset.name, subject.column)]
    known = references(catalog)
    while todo:
        place = todo.pop()
        for reference in known:
            for name, target in zip(reference.columns, reference.target_columns, strict=True):
                if (reference.target, target) != place:
                    continue
                columns = found.setdefault(reference.dataset.name, {})
                if name not in columns:
                    columns[name] = reference.needs
                    if reference.needs:
                        todo.append((reference.dataset.name, name))
    return found
