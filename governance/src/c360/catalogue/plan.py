"""The plan: what tells the catalogue apart from the contracts, and the calls that bring it in step."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from c360.catalogue.actual import Actual
from c360.catalogue.entities import COLLECTIONS, Entity, Names, Path, qualified
from c360.catalogue.lineage import Edge
from c360.catalogue.values import Id, Ref, Tags, Value

Action = Literal["create", "change", "leave", "remove", "missing"]
Change = tuple[Path, Value]
"""The way to a field, and what must stand there."""
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Step:
    """One entity, and what becomes of it. `fields` are those that differ. An entity that is `missing` is not ours to
    make: ingestion brings it. One that somebody deleted softly is to be created, and `there`: it is restored."""

    action: Action
    ref: Ref
    fields: tuple[str, ...] = ()
    entity: Entity | None = None
    changes: tuple[Change, ...] = ()
    there: Mapping[str, Any] | None = None
    """What the server has."""
    edge: Edge | None = None


@dataclass(frozen=True)
class Plan:
    steps: tuple[Step, ...]

    def of(self, *actions: Action) -> list[Step]:
        return [step for step in self.steps if step.action in actions]

    def without(self, *actions: Action) -> "Plan":
        return replace(self, steps=tuple(step for step in self.steps if step.action not in actions))


def plan(desired: Iterable[Entity], edges: Iterable[Edge], actual: Actual, names: Names) -> Plan:
    """In the order in which it is done: what is made and changed, then edges, then what is removed. A term that is left
    over goes before one that differs from it in case alone: the server has one of them."""
    desired, edges = list(desired), sorted(edges, key=_names_of)
    wanted = {entity.ref for entity in desired}
    steps = [_step(entity, actual) for entity in desired]
    steps += [_edge("leave" if edge in actual.edges else "create", edge) for edge in edges]
    words = {ref.name.lower() for ref in wanted if ref.type == "glossaryTerm"}
    left = list(_left_over(wanted, set(edges), actual, names))
    twins = [step for step in left if step.ref.type == "glossaryTerm" and step.ref.name.lower() in words]
    return Plan(tuple(_with_missing(twins + steps + [step for step in left if step not in twins])))


def description_of_edges(names: Names) -> str:
    """By which an edge of ours is known."""
    return f"{names.space}: by dbt's manifest and the data contracts"


def _step(entity: Entity, actual: Actual) -> Step:
    there = actual.entities.get(entity.ref)
    if there is None:
        return Step("missing" if entity.create is None else "create", entity.ref, entity=entity)
    if there.get("deleted"):
        return Step("create", entity.ref, ("deleted",), entity, there=there)
    changes, missing = [], []
    for path, value in entity.holds.items():
        place = _place(there, path)
        if place is None:
            missing.append(".".join(path[1:-1]))
            continue
        if not value.matches(_at(there, place)):
            changes.append((path, value))
    if missing:
        return Step("missing", entity.ref, tuple(dict.fromkeys(missing)), entity=entity)
    fields = tuple(".".join(path) for path, _ in changes)
    return Step("change" if changes else "leave", entity.ref, fields, entity, tuple(changes), there)


def _place(there: Mapping[str, Any], path: Path) -> Place | None:
    """The way to a field by the numbers of columns; None where the table has no such column."""
    if path[0] != "columns":
        return path
    for number, column in enumerate(there.get("columns") or []):
        if column["name"] == path[1]:
            return ("columns", number, path[2])
    return None


def _at(there: Any, place: Place) -> Any:
    for step in place:
        there = there.get(step) if isinstance(there, Mapping) else there[step]
    return there


def _with_missing(steps: list[Step]) -> Iterator[Step]:
    """What is about a table that is missing waits for it, and is left out."""
    missing = {step.ref for step in steps if step.action == "missing"}
    for step in steps:
        needs = (step.entity.about, *step.entity.needs) if step.entity else step.edge or ()
        if step.action == "missing" or not missing & set(needs):
            yield step


def _left_over(wanted: set[Ref], edges: set[Edge], actual: Actual, names: Names) -> Iterator[Step]:
    """What bears our name, and no contract asks for any more; what needs others goes first."""
    mark = description_of_edges(names)
    for edge, details in actual.edges.items():
        if edge not in edges and details.get("description") == mark:
            yield _edge("remove", edge)
    for type_ in reversed(list(COLLECTIONS)):
        for ref, there in actual.entities.items():
            if ref.type != type_ or ref in wanted or there.get("deleted"):
                continue
            if type_ == "table":
                yield from _bared(ref, there, names)
            elif _is_ours(ref, there, names):
                yield Step("remove", ref)


def _is_ours(ref: Ref, there: Mapping[str, Any], names: Names) -> bool:
    """By its name. Teams, domains and data products are shared: nobody knows who else uses them."""
    if ref.type in ("tag", "glossaryTerm"):
        return ref.name.startswith(f"{qualified(names.space)}.")
    if ref.type == "testCase":
        return str(there["testDefinition"]["name"]).startswith(names.own(""))
    return ref.type in ("testDefinition", "dataContract") and str(there["name"]).startswith(names.own(""))


def _bared(ref: Ref, there: Mapping[str, Any], names: Names) -> Iterator[Step]:
    """A table that is under contract no more, without our tags."""
    none = Tags(names.space)
    paths: list[Path] = [("tags",), *(("columns", str(c["name"]), "tags") for c in there.get("columns") or [])]
    changes = tuple((path, none) for path in paths if not none.matches(_at(there, _place(there, path) or path)))
    if changes:
        yield Step("remove", ref, ("tags",), changes=changes, there=there)


def _edge(action: Action, edge: Edge) -> Step:
    return Step(action, Ref("lineage", f"{edge[0].name} → {edge[1].name}"), edge=edge)


def _names_of(edge: Edge) -> tuple[str, str]:
    return edge[0].name, edge[1].name


def patch(changes: Iterable[Change], there: Mapping[str, Any], id_of: Id) -> list[dict[str, Any]]:
    """What does not stand in `there` as it must, as a JSON Patch (RFC 6902); `add` puts a new value in the place of one
    that is there. The server knows columns by their number alone: the name is tested, so that a patch fails whole where
    somebody added or moved columns in between. A column that is gone is left out."""
    operations: list[dict[str, Any]] = []
    for path, value in changes:
        place = _place(there, path)
        stored = None if place is None else _at(there, place)
        if place is None or value.matches(stored):
            continue
        if path[0] == "columns":
            operations.append({"op": "test", "path": f"/columns/{place[1]}/name", "value": path[1]})
        operations.append({"op": "add", "path": "/" + "/".join(map(str, place)), "value": value.sent(stored, id_of)})
    return operations
