"""What must stand in the catalogue, purely from contracts: the same contracts give the same entities, in one order."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from c360.catalogue import odcs
from c360.catalogue.cases import cases, definitions
from c360.catalogue.entities import COLLECTIONS, Entity, Names, Path, qualified, simple
from c360.catalogue.values import Columns, Ref, Refs, Same, Tags, Text, Value, markdown
from c360.contract.document import dicts
from c360.model import Contract, Dataset

DEPRECATED = "DeprecatedVersion"
"""The tag of tables that a deprecated version of a contract promises."""


@dataclass(frozen=True)
class GlossaryTerm:
    """A business word: what a contract calls a table or a column, and what it says of it."""

    name: str
    meaning: str


def desired(contracts: Iterable[Contract], levels: Mapping[str, str], names: Names) -> list[Entity]:
    """Everything for these contracts; `levels` are the classifications with what they mean.

    The first that names an entity says what it is: sources come before products. It says how a term is spelt too: the
    server refuses terms that differ in case alone.
    """
    found: dict[Ref, Entity] = {}
    for entity in _entities(list(contracts), levels, names):
        found.setdefault(entity.ref, entity)
    order = list(COLLECTIONS)
    return sorted(found.values(), key=lambda entity: order.index(entity.ref.type))


def _entities(contracts: list[Contract], levels: Mapping[str, str], names: Names) -> Iterator[Entity]:
    yield from _classification(levels, names)
    glossary = Ref("glossary", qualified(names.space))
    about = "The business words of the data contracts. Made from them: changes here are undone."
    yield _named(glossary, names.space, Text(about), {"provider": "automation"})
    spelling: dict[str, str] = {}
    for contract in contracts:
        yield from _shared(contract)
        for dataset in contract.datasets:
            terms = glossary_terms(contract, dataset)
            for column, term in terms.items():
                name = spelling.setdefault(term.name.lower(), term.name)
                terms[column] = replace(term, name=name)
                yield _named(Ref("glossaryTerm", names.within(name)), name, Text(term.meaning),
                             {"glossary": glossary.name, "provider": "automation"}, glossary)  # fmt: skip
            yield _table(contract, dataset, names, terms)
            yield _data_contract(contract, dataset, names)
            yield from definitions(dataset, names)
            yield from cases(contract, dataset, names)


def _classification(levels: Mapping[str, str], names: Names) -> Iterator[Entity]:
    ref = Ref("classification", qualified(names.space))
    about = "How open a column is, by its data contract; from open to closed: " + ", ".join(levels)
    yield _named(ref, names.space, Text(about), {"mutuallyExclusive": True, "provider": "automation"})
    meanings = {**levels, DEPRECATED: "A deprecated version of a data contract promises this table."}
    for level, meaning in meanings.items():
        yield _named(Ref("tag", names.within(level)), level, Text(meaning or level),
                     {"classification": ref.name, "provider": "automation"}, ref)  # fmt: skip


def _shared(contract: Contract) -> Iterator[Entity]:
    """What people of other projects may use too: made where it is missing, and theirs from then on."""
    if contract.team:
        yield Entity(team(contract), {"name": simple(contract.team), "teamType": "Group"})
    domain = domain_of(contract)
    if domain:
        described = markdown(f"The domain {contract.document['domain']} of data contracts.")
        kind = {"domainType": "Source-aligned" if contract.layer == "sources" else "Consumer-aligned"}
        yield Entity(domain, {"name": simple(contract.document["domain"]), "description": described, **kind})
    product = product_of(contract)
    if product and domain:
        described = markdown(f"The data product {contract.document['dataProduct']} of data contracts.")
        body = {"name": simple(contract.document["dataProduct"]), "description": described, "domains": [domain.name]}
        yield Entity(product, body, needs=(domain,))


def _table(contract: Contract, dataset: Dataset, names: Names, known: Mapping[str, GlossaryTerm]) -> Entity:
    """The table as the database has it, which ingestion brings: what the contract adds to it."""
    domain, product = domain_of(contract), product_of(contract)
    own = known.get("")
    holds: dict[Path, Value] = {
        ("description",): Text(dataset.description or odcs.description(contract)),
        ("owners",): Refs((team(contract),) if contract.team else ()),
        ("domains",): Refs((domain,) if domain else ()),
        ("tags",): Tags(
            names.space,
            (names.within(DEPRECATED),) if contract.status == "deprecated" else (),
            (names.within(own.name),) if own else (),
        ),
    }
    if product and domain:
        holds["dataProducts",] = Refs((product,), only=False)
    for column in dataset.columns:
        place = ("columns", column.physical_name)
        holds[*place, "description"] = Text(column.description)
        term = known.get(column.name)
        levels = (names.within(column.classification),) if column.classification else ()
        holds[*place, "tags"] = Tags(names.space, levels, (names.within(term.name),) if term else ())
    return Entity(Ref("table", names.table(dataset.schema, dataset.table)), None, holds)


def _data_contract(contract: Contract, dataset: Dataset, names: Names) -> Entity:
    """It bears the name of the contract, and lies below its table."""
    table = Ref("table", names.table(dataset.schema, dataset.table))
    holds: dict[Path, Value] = {
        ("description",): Text(odcs.description(contract)),
        ("entityStatus",): Same(odcs.status(contract)),
        ("schema",): Columns(odcs.columns(contract, dataset)),
        ("owners",): Refs((team(contract),) if contract.team else ()),
    }
    levels = odcs.service_levels(dataset)
    if levels:
        holds["sla",] = Same(levels)
    return Entity(
        data_contract_of(contract, dataset, names),
        odcs.odcs(contract, dataset, _own(contract, names), table.name),
        holds,
        about=table,
    )


def data_contract_of(contract: Contract, dataset: Dataset, names: Names) -> Ref:
    return Ref("dataContract", f"{names.table(dataset.schema, dataset.table)}.dataContract_{_own(contract, names)}")


def _own(contract: Contract, names: Names) -> str:
    return simple(names.own(contract.key))


def glossary_terms(contract: Contract, dataset: Dataset) -> dict[str, GlossaryTerm]:
    """Business words by column, and that of the table under an empty name: ODCS's `businessName`, for a table without
    one its own name."""
    part = odcs.part_of(contract, dataset)
    found = {"": GlossaryTerm(simple(part.get("businessName") or part["name"]), dataset.description or dataset.name)}
    for prop in dicts(part.get("properties")):
        if prop.get("businessName"):
            name = simple(prop["businessName"])
            found[str(prop["name"])] = GlossaryTerm(name, str(prop.get("description") or name))
    return found


def team(contract: Contract) -> Ref:
    return Ref("team", qualified(contract.team))


def domain_of(contract: Contract) -> Ref | None:
    name = contract.document.get("domain")
    return Ref("domain", qualified(name)) if name else None


def product_of(contract: Contract) -> Ref | None:
    """Where the contract names a domain too, without which the server takes none."""
    name = contract.document.get("dataProduct")
    return Ref("dataProduct", qualified(name)) if name and contract.document.get("domain") else None


def _named(ref: Ref, name: str, about: Text, more: Mapping[str, object], *needs: Ref) -> Entity:
    body = {"name": simple(name), "description": markdown(about.text), **more}
    return Entity(ref, body, {("description",): about}, needs=needs)
