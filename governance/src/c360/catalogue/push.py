"""Send a plan: one call a step, in its order. What the server refuses is reported, and the rest goes on without it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from c360.catalogue.actual import Actual
from c360.catalogue.cases import Result
from c360.catalogue.entities import COLLECTIONS, Names
from c360.catalogue.plan import Plan, Step, description_of_edges, patch
from c360.catalogue.server import Refused, Server
from c360.catalogue.values import Ref


@dataclass
class Pushed:
    """What was done: how many steps, how many results, and what was not taken, with the server's reason."""

    steps: int = 0
    results: int = 0
    refused: list[tuple[Ref, str]] = field(default_factory=list)


class _Waits(Exception):
    """What this needs is not there."""


def push(
    server: Server,
    plan: Plan,
    results: Iterable[Result],
    actual: Actual,
    names: Names,
    advance: Callable[[], None] = lambda: None,
) -> Pushed:
    """Bring the catalogue in step, then add the results.

    Raises CouldNotTell when the server is away or takes the token no more. What was done until then stays, each entity
    whole: the next push reads what there is and goes on.
    """
    sender = _Sender(server, names, {ref: str(there["id"]) for ref, there in actual.entities.items()})
    done = Pushed()
    for step in plan.of("create", "change", "remove"):
        done.steps += sender.tried(step.ref, lambda step=step: sender.do(step), done)  # type: ignore[misc]
        advance()
    for result in results:
        done.results += sender.tried(result.case, lambda result=result: sender.add(result), done)  # type: ignore[misc]
        advance()
    return done


class _Sender:
    def __init__(self, server: Server, names: Names, ids: dict[Ref, str]) -> None:
        self._server, self._names, self._ids = server, names, ids

    def tried(self, ref: Ref, act: Callable[[], None], done: Pushed) -> bool:
        try:
            act()
            return True
        except Refused as refused:
            done.refused.append((ref, refused.why))
        except _Waits as missing:
            done.refused.append((ref, f"it waits for {missing}"))
        return False

    def do(self, step: Step) -> None:
        if step.edge is not None:
            self._edge(step)
        elif step.action == "create":
            self._create(step)
        elif step.changes:
            self._server.call("PATCH", f"{COLLECTIONS[step.ref.type]}/{self._id(step.ref)}", patch(step, self._id))
        else:
            query = {"hardDelete": "true", "recursive": "true"}
            self._server.call("DELETE", f"{COLLECTIONS[step.ref.type]}/{self._id(step.ref)}", query=query)

    def add(self, result: Result) -> None:
        self._id(result.case)
        path = f"{COLLECTIONS['testCase']}/testCaseResults/{quote(result.case.name, safe='')}"
        self._server.call("POST", path, result.body)

    def _create(self, step: Step) -> None:
        entity = step.entity
        assert entity is not None and entity.create is not None
        for needed in entity.needs:
            self._id(needed)
        path, query = COLLECTIONS[step.ref.type], None
        if entity.about is not None:
            path, query = f"{path}/odcs", {"entityId": self._id(entity.about), "entityType": entity.about.type}
        made: Mapping[str, Any] = self._server.call("POST", path, entity.create, query)
        self._ids[step.ref] = str(made["id"])

    def _edge(self, step: Step) -> None:
        assert step.edge is not None
        ends = [{"id": self._id(ref), "type": ref.type} for ref in step.edge]
        if step.action == "create":
            details = {"description": description_of_edges(self._names), "source": "Manual"}
            body = {"edge": {"fromEntity": ends[0], "toEntity": ends[1], "lineageDetails": details}}
            self._server.call("PUT", "lineage", body)
        else:
            self._server.call("DELETE", "lineage/" + "/".join(f"{end['type']}/{end['id']}" for end in ends))

    def _id(self, ref: Ref) -> str:
        if ref not in self._ids:
            raise _Waits(f"{ref.type} {ref.name}")
        return self._ids[ref]
