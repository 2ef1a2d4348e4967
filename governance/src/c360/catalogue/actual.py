"""What stands in the catalogue now, of all that is ours or that our contracts are about; read once, then compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from c360.catalogue.cases import key_of
from c360.catalogue.entities import COLLECTIONS, FIELDS, Entity, Names, qualified
from c360.catalogue.lineage import Edge, is_share
from c360.catalogue.server import Server
from c360.catalogue.values import Ref

_BY_NAME = ("team", "domain", "dataProduct", "classification", "glossary")


@dataclass(frozen=True)
class Actual:
    """Things as the server tells of them, also those that somebody deleted softly, whose names stay taken; and the
    edges between tables with what is said of each."""

    entities: Mapping[Ref, Mapping[str, Any]]
    edges: Mapping[Edge, Mapping[str, Any]] = field(default_factory=dict)

    def tables(self) -> dict[Ref, tuple[str, str]]:
        """Schema and name of each table."""
        there = ((ref, entity) for ref, entity in self.entities.items() if ref.type == "table")
        return {ref: (_schema(entity), str(entity["name"])) for ref, entity in there}


def read(server: Server, wanted: Iterable[Entity], names: Names) -> Actual:
    """Everything below our names, and every table of our database."""
    found: dict[Ref, Mapping[str, Any]] = {}

    def keep(type_: str, entities: Iterable[Mapping[str, Any]]) -> None:
        found.update({Ref(type_, str(entity["fullyQualifiedName"])): entity for entity in entities})

    wanted = list(wanted)
    for entity in wanted:
        if entity.ref.type in _BY_NAME:
            there = server.named(COLLECTIONS[entity.ref.type], entity.ref, include="all")
            if there:
                found[entity.ref] = there
    ours = qualified(names.space)
    if Ref("classification", ours) in found:
        keep("tag", server.every("tags", parent=ours, include="all"))
    glossary = found.get(Ref("glossary", ours))
    if glossary:
        keep("glossaryTerm", server.every("glossaryTerms", glossary=glossary["id"], include="all"))
    definitions = server.every(COLLECTIONS["testDefinition"], include="all")
    keep("testDefinition", (d for d in definitions if str(d["name"]).startswith(names.own(""))))
    database = qualified(names.service, names.database)
    if server.named("databases", Ref("database", database)):
        keep("table", server.every("tables", database=database, fields=FIELDS["table"]))
    under = {entity.ref for entity in wanted if entity.ref.type == "table"}
    edges = _of_tables(server, under, found, names, keep)
    return Actual(found, edges)


def _of_tables(
    server: Server, under: set[Ref], found: dict[Ref, Mapping[str, Any]], names: Names, keep: Any
) -> dict[Edge, Mapping[str, Any]]:
    """Contracts, test cases and lineage of the tables that are under contract, or were, and of shares."""
    known = {str(entity["id"]): ref for ref, entity in found.items() if ref.type == "table"}
    edges: dict[Edge, Mapping[str, Any]] = {}
    for id_, ref in known.items():
        if ref not in under and not _bears(found[ref], names.space) and not is_share(_schema(found[ref])):
            continue
        for contract in server.every("dataContracts", entity=id_, fields=FIELDS["dataContract"], include="all"):
            keep("dataContract", [contract])
        cases = server.every(
            COLLECTIONS["testCase"], entityLink=f"<#E::table::{ref.name}>", includeAllTests="true",
            fields=FIELDS["testCase"], include="all",
        )  # fmt: skip
        ours = (case for case in cases if str(case["testDefinition"]["name"]).startswith(names.own("")))
        found.update({key_of(case): case for case in ours})
        lineage = server.get(f"lineage/table/{id_}", upstreamDepth=1, downstreamDepth=0) or {}
        for edge in lineage.get("upstreamEdges") or []:
            source = known.get(str(edge["fromEntity"]))
            if source and str(edge["toEntity"]) == id_:
                edges[source, ref] = edge.get("lineageDetails") or {}
    return edges


def _schema(table: Mapping[str, Any]) -> str:
    return str(table["databaseSchema"]["name"])


def _bears(table: Mapping[str, Any], space: str) -> bool:
    """Whether a table has a tag or a term of ours."""
    labels = [*(table.get("tags") or []), *(label for column in table["columns"] for label in column.get("tags") or [])]
    return any(str(label["tagFQN"]).startswith(f"{space}.") for label in labels)
