"""Write the JSON Schema files of c360, by pydantic: python governance/schemas.py. A test fails if they are stale.

One for each command with --json, one for policies of partners, one for files of consumers. `c360 schema` prints them.
Where a command prints what the Python API returns, the type is that of c360.api; else it is here.
"""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, get_args, get_origin, get_type_hints

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from c360 import api
from c360.catalogue.doctor import DoctorCheck
from c360.compat.impact import User
from c360.contract.consumers import _NAME
from c360.coverage import POINTS
from c360.ledger.erasure import Entry
from c360.ledger.quarantine import Count
from c360.share.anonymity import Measure
from c360.share.canaries import Canary
from c360.share.keys import Key
from c360.share.living import Ended
from c360.share.policy import _KEYS, _NEEDED, _PARTNER, LEAST_K, MOST_CANARIES, MOST_RELEASES
from c360.share.totals import MOST_EPSILON
from c360.status.overview import Dimension

FOLDER = Path(__file__).parent / "src" / "c360" / "schemas"

Grade = Literal["break", "note", "safe"]
Step = Literal["none", "patch", "minor", "major", "never"]
Outcome = Literal["passed", "failed", "warned", "skipped", "errored"]
Times = str | None


class Change(TypedDict):
    place: str
    change: str
    dataset: str
    column: str
    classification: str
    old: str
    new: str
    consumers: Grade
    producers: Grade
    step: Step


class Difference(TypedDict):
    contract: str
    old: str
    new: str
    needed: Step
    given: Step
    lowest: str | None
    enough: bool
    consumers: Grade
    producers: Grade
    changes: list[Change]


class Hit(TypedDict):
    consumer: str
    contact: str
    places: list[str]
    settled: str


class Comparison(Difference):
    file: str
    sound: bool
    hits: list[Hit]


class QuarantinedRow(TypedDict):
    id: int | None
    delivery: int
    file: str
    row: int
    line: int | None
    clauses: list[str]
    values: dict[str, str | None]


class Replayed(TypedDict):
    dataset: str
    replayed: int
    promoted: int
    duplicates: int
    kept: int


class Anonymity(TypedDict):
    file: str
    quasi: list[str]
    person: str | None
    records: int
    not_counted: int
    groups: int
    k: float | None
    l: float | None  # noqa: E741
    measures: list[Measure]


class Forgotten(TypedDict):
    dry_run: bool
    tombstone: int | None
    before: Times
    rows: dict[str, int]
    files: int
    left: dict[str, int]
    searched: bool


class Right(TypedDict):
    kind: str
    what: str


class Database(TypedDict):
    kind: Literal["external", "embedded"]
    running: bool
    data: NotRequired[str]
    version: NotRequired[str]
    url: NotRequired[str]
    pid: NotRequired[int]
    host: NotRequired[str]
    port: NotRequired[int]
    user: NotRequired[str]
    database: NotRequired[str]
    password_file: NotRequired[str]


class CatalogStep(TypedDict):
    action: str
    type: str
    name: str
    fields: list[str]


class CatalogPlan(TypedDict):
    steps: list[CatalogStep]


class Refused(TypedDict):
    type: str
    name: str
    why: str


class CatalogPush(CatalogPlan):
    results: int
    unread: dict[str, list[str]]
    sent: NotRequired[int]
    refused: NotRequired[list[Refused]]


class Told(TypedDict):
    change: Literal["new", "worse", "reminder", "recovered"]
    about: str
    dataset: str
    contract: str
    level: str
    severity: str
    text: str
    why: list[str]
    since: Times
    clauses: list[str]
    command: str
    team: str
    page: str
    link: str | None
    channels: list[str]
    acknowledged: str


class Alert(TypedDict):
    as_of: str
    changes: list[Told]
    posted: bool


class Summary(TypedDict):
    clauses: int
    holding: int
    broken: int
    stale: int
    unknown: int
    disagreements: int
    anomalies: int
    no_longer_promised: int
    erased_30_days: int


class Cause(TypedDict):
    about: str
    dataset: str
    level: str
    severity: str
    sentence: str
    since: Times
    why: list[str]
    clauses: list[str]
    effect: str
    ask: str
    command: str
    acknowledged: str


class Side(TypedDict):
    who: str
    outcome: str


class Disagreement(TypedDict):
    clause: str
    sides: list[Side]


class Ran(TypedDict):
    stage: str
    subject: str
    outcome: Outcome
    as_of: Times
    since: Times
    detail: str | None


class Standing(TypedDict):
    stage: str
    engine: str
    outcome: Outcome
    measured: float | None
    rows: int | None
    as_of: Times
    since: Times
    trend: str
    version: str
    run: str
    detail: str | None
    dissent: str | None


class StatusOfClause(TypedDict):
    clause: str
    contract: str
    dataset: str
    kind: str
    dimension: str
    severity: str
    holds: bool
    state: str
    stages: list[Standing]


class Unjudged(TypedDict):
    dataset: str
    clauses: list[str]
    last_judged: Times
    allowed_seconds: float


class Attained(TypedDict):
    hours: float
    held: float
    share: float | None


class Sla(TypedDict):
    dataset: str
    clause: str
    promise_seconds: float | None
    holds: bool | None
    newest_row: Times
    attainment_7_days: Attained
    attainment_30_days: Attained


class Aged(TypedDict):
    dataset: str
    clause: str
    rows: int
    under_1_day: int
    under_7_days: int
    older: int
    oldest: Times


class Anomaly(TypedDict):
    series: str
    dataset: str
    kind: str
    at: Times
    value: float
    expected: float
    low: float
    high: float
    score: float


class Status(TypedDict):
    as_of: str
    summary: Summary
    causes: list[Cause]
    disagreements: list[Disagreement]
    runs: list[Ran]
    clauses: list[StatusOfClause]
    dimensions: list[Dimension]
    unjudged: list[Unjudged]
    sla: list[Sla]
    quarantine: list[Aged]
    anomalies: list[Anomaly]
    ended_shares: list[Ended]


Coverage = TypedDict("Coverage", {"clause": str} | dict.fromkeys(POINTS, str))  # type: ignore[misc]

_TEXT = Annotated[str, Field(min_length=1, max_length=500)]
_SHORT = Annotated[str, Field(min_length=1, max_length=200)]
_WIDTH = Annotated[float, Field(gt=0)]
_STEPS = _WIDTH | Annotated[list[_WIDTH], Field(min_length=1, max_length=2)]
_UNIT = Literal["day", "week", "month", "quarter", "year"]
Generalised = (
    TypedDict("Band", {"band": _STEPS}) | TypedDict("Round", {"round": _STEPS}) | TypedDict("Region", {"region": Any})  # type: ignore[operator]
    | TypedDict("Truncate", {"truncate": _UNIT | Annotated[list[_UNIT], Field(min_length=1, max_length=2)]})
)  # fmt: skip


class OnlyWhere(TypedDict):
    where: dict[str, str | bool | int]
    dataset: NotRequired[str]
    person: NotRequired[str]


class Entropy(TypedDict):
    entropy: Annotated[float, Field(gt=1)]


class Frequent(TypedDict):
    l: Annotated[int, Field(ge=2)]  # noqa: E741
    c: Annotated[float, Field(gt=0)]


class Recursive(TypedDict):
    recursive: Frequent


class Epsilon(TypedDict):
    each: Annotated[float, Field(ge=0.001, le=MOST_EPSILON)]
    total: Annotated[float, Field(ge=0.001, le=MOST_EPSILON)]


class Window(TypedDict):
    releases: Annotated[int, Field(ge=2, le=MOST_RELEASES)]


_POLICY: dict[str, Any] = {
    "partner": Annotated[str, Field(pattern=f"^{_PARTNER.pattern}$")],
    "product": _TEXT,
    "version": _TEXT,
    "contract_version": _TEXT,
    "purpose": _TEXT,
    "legal_basis": _TEXT,
    "until": date,
    "contact": _TEXT,
    "terms": _TEXT,
    "k": Annotated[int, Field(ge=LEAST_K, le=1_000_000)],
    "sensitive": _TEXT,
    "l": Annotated[int, Field(ge=2)] | Entropy | Recursive,
    "t": Annotated[float, Field(gt=0, lt=1)],
    "canaries": Annotated[int, Field(ge=0, le=MOST_CANARIES)],
    "pseudonyms": Literal["release"] | Window,
    "only_where": OnlyWhere,
    "share": Literal["rows", "totals"],
    "epsilon": Epsilon,
    "sums": list[str],
    "columns": Annotated[
        dict[str, Literal["pseudonym", "suppress", "as_is", "as_values"] | Generalised], Field(min_length=1)  # type: ignore[valid-type]
    ],
}  # fmt: skip
Policy = TypedDict("Policy", {key: _POLICY[key] if key in _NEEDED else NotRequired[_POLICY[key]] for key in _KEYS})  # type: ignore[misc]


class Acknowledged(TypedDict):
    version: _SHORT
    by: _SHORT
    date: date


class Waiver(TypedDict):
    version: _SHORT
    by: _SHORT
    until: date


class Consumer(TypedDict):
    name: Annotated[str, Field(pattern=f"^{_NAME.pattern}$")]
    contact: _SHORT
    contract: _SHORT
    versions: _SHORT | float
    columns: NotRequired[list[str]]
    acknowledged: NotRequired[list[Acknowledged]]
    waivers: NotRequired[list[Waiver]]
    description: NotRequired[str]


def _of_api(kind: Any) -> Any:
    """A type of c360.api as pydantic takes it: before Python 3.12 it wants the TypedDict of typing_extensions."""
    if get_origin(kind) is list:
        return list[_of_api(*get_args(kind))]  # type: ignore[misc]
    if not hasattr(kind, "__required_keys__"):
        return kind
    made = TypedDict(kind.__name__, {name: _of_api(of) for name, of in get_type_hints(kind).items()})  # type: ignore[misc]
    made.__doc__ = kind.__doc__
    return made


OUTPUTS: dict[str, Any] = {
    "lint": _of_api(list[api.Problem]),
    "diff": Difference,
    "compat": list[Comparison],
    "impact": list[User],
    "coverage": list[Coverage],
    "generate": _of_api(api.Generated),
    "ingest": _of_api(list[api.Delivery]),
    "quarantine list": list[Count],
    "quarantine show": list[QuarantinedRow],
    "quarantine replay": list[Replayed],
    "build": _of_api(api.Built),
    "verify": _of_api(list[api.Verdict]),
    "status": Status,
    "alert": Alert,
    "publish": _of_api(api.Published),
    "catalog push": CatalogPush,
    "catalog check": CatalogPlan,
    "catalog doctor": list[DoctorCheck],
    "keys list": list[Key],
    "privacy check": Anonymity,
    "privacy canaries": list[Canary],
    "forget": Forgotten | list[Entry],
    "db status": Database,
    "access": list[Right],
}
"""By command the type of what --json prints."""
FILES = {"policy": Policy, "consumer": Consumer}
"""By name the type of a YAML file that a person writes."""


def schemas() -> dict[Path, str]:
    """By path the text of each file. Outputs may grow; a file that a person writes has no other keys."""
    found = {}
    for name, kind in (OUTPUTS | FILES).items():
        said = TypeAdapter(kind).json_schema(mode="validation" if name in FILES else "serialization")
        title = f"c360 {name} --json" if name in OUTPUTS else f"A {name} file of c360"
        said = _plain(said, closed=name in FILES) | {"title": title}
        said = {"$schema": "https://json-schema.org/draft/2020-12/schema", **said}
        found[FOLDER / f"{name.replace(' ', '-')}.json"] = json.dumps(said, indent=2, ensure_ascii=False) + "\n"
    return found


def _plain(said: Any, closed: bool) -> Any:
    """Without the titles that repeat each key. A time is printed as text that is no RFC 3339 date-time everywhere."""
    if isinstance(said, list):
        return [_plain(one, closed) for one in said]
    if not isinstance(said, dict):
        return said
    kept = {
        key: {name: _plain(inner, closed) for name, inner in value.items()} if key in ("properties", "$defs")
        else _plain(value, closed)
        for key, value in said.items()
        if not (key == "title" and isinstance(value, str)) and (key, value) != ("format", "date-time")
    }  # fmt: skip
    if closed and "properties" in kept:
        kept["additionalProperties"] = False
    return kept


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    texts = schemas()
    for path in FOLDER.glob("*.json"):
        if path not in texts:
            path.unlink()
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
