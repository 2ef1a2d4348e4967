"""Send a plan: each step in its order. What the server refuses is reported, and the rest goes on without it.

Others may change the catalogue meanwhile, another push among them: what is there already is taken as it is, and what
was sent is read back.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from c360.catalogue.actual import Actual
from c360.catalogue.entities import COLLECTIONS, FIELDS, Names
from c360.catalogue.findings import Result
from c360.catalogue.plan import Change, Plan, Step, description_of_edges, patch
from c360.catalogue.server import Refused, Server
from c360.catalogue.values import Ref, Refs, Tags


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

    Raises CouldNotTell when the server is away, takes the token no more, or lets its bot do something not. What was
    done until then stays: the next push reads what there is and goes on.
    """
    sender = _Sender(server, names, actual)
    done = Pushed()
    for step in plan.of("create", "change", "remove"):
        done.steps += sender.tried(step.ref, lambda step=step: sender.do(step), done)  # type: ignore[misc]
        advance()
    for result in results:
        done.results += sender.tried(result.ref, lambda result=result: sender.tell(result), done)  # type: ignore[misc]
        advance()
    return done


class _Sender:
    def __init__(self, server: Server, names: Names, actual: Actual) -> None:
        self._server, self._names = server, names
        there = {ref: entity for ref, entity in actual.entities.items() if not entity.get("deleted")}
        self._ids = {ref: str(entity["id"]) for ref, entity in there.items()}
        self._names_of_cases = {ref: str(e["fullyQualifiedName"]) for ref, e in there.items() if ref.type == "testCase"}

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
        elif step.there is not None:
            self._bring(step.ref, step.changes, step.there)
        else:
            self._gone(f"{COLLECTIONS[step.ref.type]}/{self._id(step.ref)}", hardDelete="true", recursive="true")

    def tell(self, result: Result) -> None:
        if result.ref.type == "dataContract":
            path = f"{COLLECTIONS['dataContract']}/{self._id(result.ref)}/results"
            self._server.call("PUT", path, {**(result.body or {}), "dataContractFQN": result.ref.name})
            return
        self._id(result.ref)
        cases, name = COLLECTIONS["testCase"], self._names_of_cases[result.ref]
        if result.body is not None:
            self._tell(f"{cases}/testCaseResults/{quote(name, safe='')}", result.body, result.at)
        if result.recovered:
            over = {"testCaseFailureReason": "Other", "testCaseFailureComment": "The last run found that it holds."}
            state = {"testCaseResolutionStatusType": "Resolved", "testCaseResolutionStatusDetails": over}
            self._server.call("POST", f"{cases}/testCaseIncidentStatus", {"testCaseReference": name, **state})

    def _tell(self, path: str, body: Mapping[str, Any], at: int) -> None:
        """The server takes one result of a test case and an instant, and keeps the first for ever: it goes away for
        another."""
        try:
            self._server.call("POST", path, body)
        except Refused as refused:
            if refused.status != 409:
                raise
            self._gone(f"{path}/{at}")
            self._server.call("POST", path, body)

    def _create(self, step: Step) -> None:
        """Made; restored where somebody deleted it softly; taken as it is where another push was quicker. What the
        server makes of a document is brought in step at once: it has no owners yet."""
        entity, there = step.entity, step.there
        assert entity is not None and entity.create is not None
        for needed in entity.needs:
            self._id(needed)
        path, query, created = COLLECTIONS[step.ref.type], None, False
        if entity.about is not None:
            path, query = f"{path}/odcs", {"entityId": self._id(entity.about), "entityType": entity.about.type}
        if there is None:
            try:
                there, created = self._server.call("POST", path, entity.create, query), True
            except Refused:
                there = self._server.named(COLLECTIONS[step.ref.type], step.ref, include="all")
                if there is None:
                    raise
        if there.get("deleted"):
            self._restore(step.ref, str(there["id"]))
        self._ids[step.ref] = str(there["id"])
        if step.ref.type == "testCase":
            self._names_of_cases[step.ref] = str(there["fullyQualifiedName"])
        if not created or entity.about is not None:
            self._bring(step.ref, entity.holds.items(), self._read(step.ref))

    def _restore(self, ref: Ref, id_: str) -> None:
        try:
            self._server.call("PUT", f"{COLLECTIONS[ref.type]}/restore", {"id": id_})
        except Refused as refused:
            if refused.status != 404:  # restored with what it is a part of
                raise

    def _bring(self, ref: Ref, changes: Iterable[Change], there: Mapping[str, Any]) -> None:
        """All fields in one PATCH. Where the server refuses that, each by itself, as it is read then: columns have
        moved since, or one field breaks a rule, which takes no other with it."""
        wanted = list(self._sendable(changes))
        try:
            self._patch(ref, wanted, there)
        except Refused:
            refused: list[Refused] = []
            for change in wanted:
                try:
                    self._patch(ref, [change], self._read(ref))
                except Refused as error:
                    refused.append(Refused(error.status, f"{'.'.join(change[0])}: {error.why}"))
            if refused:
                raise refused[0] from None

    def _patch(self, ref: Ref, wanted: list[Change], there: Mapping[str, Any]) -> None:
        """PATCH what differs from `there`, and read it back: once more where the server said yes and stored nothing."""
        path = f"{COLLECTIONS[ref.type]}/{self._id(ref)}"
        operations = patch(wanted, there, self._id)
        for again in (True, False):
            if not operations:
                return
            self._server.call("PATCH", path, operations)
            operations = patch(wanted, self._read(ref), self._id)
            if again and any(o["path"] == "/schema" for o in operations):
                # of a data contract, a change of descriptions, order or constraints alone is not stored
                self._server.call("PATCH", path, [{"op": "replace", "path": "/schema", "value": []}])
        if operations:
            fields = ", ".join(o["path"] for o in operations if o["op"] == "add")
            raise Refused(200, f"the server took {fields}, and has something else there now")

    def _sendable(self, changes: Iterable[Change]) -> Iterator[Change]:
        """Without what needs something that was refused: that is told, and takes nothing else with it."""
        for path, value in changes:
            if isinstance(value, Tags):
                yield path, value.among(self._ids)
            elif not isinstance(value, Refs) or set(value.refs) <= self._ids.keys():
                yield path, value

    def _read(self, ref: Ref) -> Mapping[str, Any]:
        query = {"fields": FIELDS[ref.type]} if ref.type in FIELDS else {}
        there: Mapping[str, Any] | None = self._server.get(f"{COLLECTIONS[ref.type]}/{self._id(ref)}", **query)
        if there is None:
            raise Refused(404, "somebody removed it just now")
        return there

    def _gone(self, path: str, **query: str) -> None:
        try:
            self._server.call("DELETE", path, query=query)
        except Refused as refused:
            if refused.status != 404:
                raise

    def _edge(self, step: Step) -> None:
        assert step.edge is not None
        ends = [{"id": self._id(ref), "type": ref.type} for ref in step.edge]
        if step.action == "create":
            details = {"description": description_of_edges(self._names), "source": "Manual"}
            body = {"edge": {"fromEntity": ends[0], "toEntity": ends[1], "lineageDetails": details}}
            self._server.call("PUT", "lineage", body)
        else:
            self._gone("lineage/" + "/".join(f"{end['type']}/{end['id']}" for end in ends))

    def _id(self, ref: Ref) -> str:
        if ref not in self._ids:
            raise _Waits(f"{ref.type} {ref.name}")
        return self._ids[ref]
