"""What the history found out, as the catalogue tells it: a result of each test case, a result of each data contract.

Only the newest of each is sent: every `Failed` opens an incident and tells people, so an old one would do so for what
has long recovered.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from c360.catalogue.cases import case_of
from c360.catalogue.entities import Names
from c360.catalogue.values import Ref
from c360.ledger.outcomes import Past
from c360.model import Dataset

Stored = Mapping[Ref, Mapping[str, Any]]
"""What the catalogue has."""
_STATUS = {"passed": "Success", "failed": "Failed", "warned": "Success", "errored": "Aborted"}
"""A warning is no failure: it would open an incident."""
_NAMED = 3
"""So many broken clauses are named by the result of a data contract."""


@dataclass(frozen=True)
class Result:
    """What is to be told of a test case or a data contract. `at` is the run's clock in milliseconds since 1970, UTC;
    the server takes one result an instant. A case that `recovered` has an incident that is over; without a body, only
    this is told."""

    ref: Ref
    at: int
    body: dict[str, Any] | None
    recovered: bool = False


def results(dataset: Dataset, contract: Ref, past: Iterable[Past], stored: Stored, names: Names) -> Iterator[Result]:
    """Of the test cases of a table and of its data contract, what the catalogue does not have. `past` is in the order
    of time. A result that the catalogue has of the same instant is replaced where it says something else."""
    clauses = {clause.id: clause for clause in dataset.clauses}
    judged = (one for one in past if one.clause in clauses and one.outcome in _STATUS)
    newest = {(one.clause, one.stage): one for one in judged}
    for one in newest.values():
        ref = case_of(dataset, clauses[one.clause], one.stage, names)
        there = stored.get(ref, {})
        body = _of_case(one)
        recovered = bool(there.get("incidentId")) and body["testCaseStatus"] == "Success"
        new = _is_new(body, there.get("testCaseResult"), ("testCaseStatus", "result"))
        if new or recovered:
            yield Result(ref, body["timestamp"], body if new else None, recovered)
    if newest:
        body = _of_contract(list(newest.values()))
        latest = stored.get(contract, {}).get("latestResult") or {}
        told = latest and {
            "timestamp": latest["timestamp"], "contractExecutionStatus": latest["status"],
            "result": latest.get("message"),
        }  # fmt: skip
        if _is_new(body, told, ("contractExecutionStatus", "result")):
            yield Result(contract, body["timestamp"], body | {"id": _id(contract, body["timestamp"], latest)})


def _of_case(one: Past) -> dict[str, Any]:
    broken = "" if not one.rows else f"; rows that break it: {one.rows}"
    return {
        "timestamp": _milliseconds(one),
        "testCaseStatus": _STATUS[one.outcome],
        "result": f"{one.outcome} at {one.stage}, by {one.engine}{broken}",
        "testResultValue": [] if one.rows is None else [{"name": "rows that break it", "value": str(one.rows)}],
    }


def _of_contract(newest: list[Past]) -> dict[str, Any]:
    """The verdict on a table: of the last run, over the last outcome of each clause at gate and verify."""
    broken, untold = ([one for one in newest if one.outcome == outcome] for outcome in ("failed", "errored"))
    status = "Failed" if broken else "Aborted" if untold else "Success"
    named = ", ".join(f"{one.clause} at {one.stage}" for one in sorted(broken or untold, key=_name_of)[:_NAMED])
    word = {"Failed": f"{len(broken)} failed", "Aborted": f"{len(untold)} could not be told"}.get(status)
    return {
        "timestamp": max(map(_milliseconds, newest)),
        "contractExecutionStatus": status,
        "result": f"{word} of {len(newest)} checks: {named}" if word else f"all of {len(newest)} checks hold",
        "qualityValidation": {
            "passed": len(newest) - len(broken) - len(untold), "failed": len(broken), "total": len(newest),
        },
    }  # fmt: skip


def _id(contract: Ref, at: int, latest: Mapping[str, Any]) -> str:
    """The server takes another verdict on an instant, and shows it, under the id that it has alone."""
    known = latest.get("resultId") if latest.get("timestamp") == at else None
    return str(known or uuid5(NAMESPACE_URL, f"{contract.name}@{at}"))


def _is_new(body: Mapping[str, Any], stored: Mapping[str, Any] | None, told: tuple[str, ...]) -> bool:
    if not stored or body["timestamp"] != stored["timestamp"]:
        return not stored or body["timestamp"] > stored["timestamp"]
    return any(body[key] != stored.get(key) for key in told)


def _milliseconds(one: Past) -> int:
    return int(one.as_of.timestamp() * 1000)


def _name_of(one: Past) -> tuple[str, str]:
    return one.clause, one.stage
