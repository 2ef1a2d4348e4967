"""Policies: `<policies>/<name>.yaml`, what one partner gets of one product, for what, on which basis, until when.

A column that is not listed is not shared; only a public one may be shared as it is. Everything else has to say how.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from c360.clause.kinds import FRESHNESS
from c360.clause.types import canonical_type
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.contract.current import SEMVER
from c360.contract.document import Document, Place, parse
from c360.contract.people import holders, subjects
from c360.errors import Breach, CouldNotTell
from c360.model import Column, Contract, Dataset
from c360.printable import shown
from c360.project import Project
from c360.share import consent, diversity, totals
from c360.share.consent import Consent
from c360.share.diversity import Diversity, diversity_of
from c360.share.ladder import LADDERS, Ladder
from c360.share.living import policy_files
from c360.share.totals import Totals

LEAST_K, USUAL_K, MOST_K, MOST_CANARIES, MOST_RELEASES = 3, 11, 1_000_000, 100, 24
_PARTNER = re.compile(r"[a-z][a-z0-9_]{0,30}")
_KEYS = (
    "partner", "product", "version", "contract_version", "purpose", "legal_basis", "until", "contact", "terms", "k",
    "sensitive", "l", "t", "canaries", "pseudonyms", "only_where", "share", *totals.OF_TOTALS, "columns",
)  # fmt: skip
_NEEDED = ("partner", "product", "version", "purpose", "legal_basis", "until", "contact", "columns")
_LONGEST = 500
_WITHOUT_ORDER = {"json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle"}
"""Types of Postgres, which neither groups nor sorts by them."""


@dataclass(frozen=True)
class SharedColumn:
    """A column that the partner gets: by a pseudonym, as it is, or by a ladder, the finer step first."""

    column: Column
    how: str
    ladder: Ladder | None = None

    @property
    def name(self) -> str:
        return f"{self.column.name}_pseudonym" if self.how == "pseudonym" else self.column.name


@dataclass(frozen=True)
class Policy:
    """One file, understood. `until` is the last day of the share, in UTC; `person` the column that tells persons apart;
    `canaries` how many persons that nobody is go out with the others, to tell whose copy a file is; `window` for how
    many releases pseudonyms stay."""

    path: Path
    partner: str
    contract: Contract
    dataset: Dataset
    purpose: str
    legal_basis: str
    until: date
    contact: str
    terms: str
    k: int
    sensitive: str | None
    diversity: Diversity
    canaries: int
    window: int
    columns: tuple[SharedColumn, ...]
    person: str
    consent: Consent | None
    """Who is in the share; None: everybody."""
    version: str
    """That of the contract that the partner gets."""
    promised: tuple[dict[str, Any], ...]
    """Its service levels: those of the product, or else how fresh the sources are when it is published."""
    totals: Totals | None = None
    """What a partner gets who gets no rows, and so none of `columns`."""

    @property
    def name(self) -> str:
        return f"{self.partner}__{self.dataset.name}"

    @property
    def linked(self) -> bool:
        """Whether a partner can follow people from one release to the next."""
        return self.window > 1

    @property
    def quasi(self) -> tuple[SharedColumn, ...]:
        """The quasi-identifiers: what is generalised, and is not the sensitive column."""
        return tuple(s for s in self.columns if s.ladder and s.column.name != self.sensitive)

    @property
    def sensitive_column(self) -> SharedColumn | None:
        return next((s for s in self.columns if s.ladder and s.column.name == self.sensitive), None)

    @property
    def public(self) -> tuple[SharedColumn, ...]:
        return tuple(s for s in self.columns if s.how == "as_is")

    @property
    def has_steps(self) -> bool:
        """Whether a row may be published by a coarser step than another."""
        return any(s.ladder and s.ladder.has_two_steps for s in self.quasi)


class PolicyError(Exception):
    """A finding: where in the file, and what."""

    def __init__(self, place: Place, what: str) -> None:
        self.place, self.what = place, what
        super().__init__(what)


def policies_of(project: Project) -> list[Policy]:
    """What partners of the project get. Raises Breach for a policy that is not sound."""
    return policies(project.settings.policies, project.catalog, classifications(project.settings.classifications))


def policies(folder: Path, catalog: Catalog, levels: Sequence[str]) -> list[Policy]:
    """The policies of a project, by file. `levels` are the classifications from open to closed.

    Raises Breach with the file, the line and what to write for the first that is not sound.
    """
    found: list[Policy] = []
    seen = set()
    for path in policy_files(folder):
        document = parse(path)
        problems = list(_problems(document, catalog, levels))
        if problems:
            place, what = problems[0]
            more = f" ({len(problems)} findings in the file)" if len(problems) > 1 else ""
            raise Breach(f"{path}:{document.line(place)}: {what}{more}.", "Mend it, then: c360 lint")
        policy = _policy(document, catalog)
        if policy.name in seen:
            raise Breach(f"{path}: {policy.partner} gets {policy.dataset.name} by another file too.", "Keep one.")
        alike = (one for one in found if one.partner == policy.partner and not (one.totals or policy.totals))
        other = next((one for one in alike if one.window != policy.window), None)
        if other is not None:
            raise Breach(
                f"{path}: pseudonyms stay for {policy.window} releases, in {other.path.name} for {other.window}, and "
                f"{policy.partner} has one key.",
                "Write the same pseudonyms into both.",
            )
        seen.add(policy.name)
        found.append(policy)
    return found


def findings(
    folder: Path, catalog: Catalog, levels: Sequence[str], today: date
) -> Iterator[tuple[Path, int, Place, str]]:
    """Everything that is wrong in the policies of a folder, all of it in one run: file, line, place and what. A last
    day before `today` is wrong too."""
    seen: dict[tuple[str, str], Path] = {}
    windows: dict[str, tuple[Path, Any]] = {}
    for path in policy_files(folder):
        try:
            document = parse(path)
        except CouldNotTell as error:
            yield path, 1, (), error.message
            continue
        found = list(_problems(document, catalog, levels))
        until = _day(document.data.get("until"))
        if until and until < today:
            found.append((("until",), f"{until} is over: withdraw the share by c360 publish, then delete this file"))
        share = str(document.data.get("partner")), str(document.data.get("product"))
        first = seen.setdefault(share, path)
        if first != path:
            found.append((("product",), f"{share[0]} gets {share[1]} by {first.relative_to(folder)} too: keep one"))
        said = document.data.get("pseudonyms", "release")
        other, window = windows.setdefault(share[0], (path, said))
        if _window(said) != _window(window):
            what = f"{share[0]} has one key, and {other.relative_to(folder)} says otherwise: write the same into both"
            found.append((("pseudonyms",) if "pseudonyms" in document.data else (), what))
        for place, what in found:
            yield path, document.line(place), place, what


def _problems(document: Document, catalog: Catalog, levels: Sequence[str]) -> Iterator[tuple[Place, str]]:
    data = document.data
    for key in data:
        if key not in _KEYS:
            yield (key,), f"{shown(key)} means nothing in a policy; there are: {', '.join(_KEYS)}"
    for key in _NEEDED:
        if key not in data:
            yield (), f"{key} is missing"
    for key in ("purpose", "legal_basis", "contact", "terms"):
        if key in data and not _is_text(data[key]):
            yield (key,), f"{key} is no text of up to {_LONGEST} signs"
    partner = data.get("partner")
    if "partner" in data and not (isinstance(partner, str) and _PARTNER.fullmatch(partner)):
        yield ("partner",), "partner is no name of a-z, 0-9 and _, of up to 31 signs, that begins with a letter"
    if not SEMVER.fullmatch(str(data.get("contract_version", "1.0.0"))):
        yield ("contract_version",), "contract_version is none of semver.org, such as 1.0.0"
    if "until" in data and _day(data["until"]) is None:
        yield ("until",), "until is no day, such as 2030-12-31"
    k = data.get("k", USUAL_K)
    if not _is_whole(k) or not LEAST_K <= k <= MOST_K:
        yield ("k",), f"k is no whole number from {LEAST_K} on"
    canaries = data.get("canaries", 0)
    if not _is_whole(canaries) or not 0 <= canaries <= MOST_CANARIES:
        yield ("canaries",), f"canaries is no whole number up to {MOST_CANARIES}"
    elif canaries and "pseudonym" not in _values(data.get("columns")):
        yield ("canaries",), "canaries are known by their pseudonyms, and none is shared"
    if _window(data.get("pseudonyms", "release")) is None:
        yield ("pseudonyms",), f"pseudonyms is neither release nor {{releases: N}}, N from 2 to {MOST_RELEASES}"
    if data.get("share", "rows") not in ("rows", "totals"):
        yield ("share",), "share is neither rows nor totals"
    for key in totals.OF_TOTALS:
        if key in data and data.get("share") != "totals":
            yield (key,), f"{key} is about totals: write share: totals, or leave it out"
    yield from _of_product(data, catalog, levels)


def _of_product(data: dict[str, Any], catalog: Catalog, levels: Sequence[str]) -> Iterator[tuple[Place, str]]:
    product = str(data.get("product"))
    there = {dataset.name: (contract, dataset) for contract, dataset in catalog.pairs() if contract.layer == "products"}
    if product not in there:
        if "product" in data:
            yield ("product",), f"there is no product {shown(product)}; there are: {', '.join(sorted(there))}"
        return
    contract, dataset = there[product]
    if "version" in data and str(data["version"]) != contract.version:
        yield (
            ("version",),
            f"{contract.name} is {contract.version}, not {shown(data['version'])}: look what changed",
        )
    columns = data.get("columns")
    if not isinstance(columns, dict) or not columns:
        if "columns" in data:
            yield ("columns",), "columns is no mapping of columns to how each is shared"
        return
    person = _person(catalog, dataset, levels[-1:])
    if person is None or dataset.key != (person,):
        yield ("product",), f"{product} is not one row a person, so nobody can tell how many stand behind a row"
        return
    if data.get("share") == "totals":
        yield from totals.problems(data, dataset, person)
    else:
        yield from _of_rows(data, dataset, person, levels)
    linked = (_window(data.get("pseudonyms", "release")) or 1) > 1
    if "only_where" in data:
        for place, what in consent.problems(data["only_where"], catalog, dataset, linked):
            yield ("only_where", *place), what


def _of_rows(data: dict[str, Any], dataset: Dataset, person: str, levels: Sequence[str]) -> Iterator[tuple[Place, str]]:
    columns = data["columns"]
    for name, how in columns.items():
        try:
            _shared(dataset, name, how, person, levels[0] if levels else "")
        except PolicyError as wrong:
            yield ("columns", name, *wrong.place), wrong.what
    linked = (_window(data.get("pseudonyms", "release")) or 1) > 1
    for column in dataset.columns if data.get("canaries") or linked else ():
        if columns.get(column.name) == "as_is" and canonical_type(column.physical_type) in _WITHOUT_ORDER:
            what = f"{column.name} is {column.physical_type}, whose values nobody can compare"
            why = "a canary has the most frequent" if data.get("canaries") else "each stays as it was"
            yield ("columns", column.name), f"{what}, and {why}: leave out one of the two"
    sensitive = data.get("sensitive")
    if not any(isinstance(how, dict) and name != sensitive for name, how in columns.items()):
        yield ("columns",), "no column is generalised but the sensitive one, so nobody can be among k"
    yield from _of_sensitive(data, columns)


def _of_sensitive(data: dict[str, Any], columns: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    sensitive, k = data.get("sensitive"), data.get("k", USUAL_K)
    if sensitive is None:
        for key in ("l", "t"):
            if data.get(key) is not None:
                yield (key,), f"{key} is about a sensitive column, and none is named"
        return
    if sensitive not in columns or not isinstance(columns[sensitive], dict):
        yield ("sensitive",), f"{shown(sensitive)} is none of the columns that are generalised"
    linked = (_window(data.get("pseudonyms", "release")) or 1) > 1
    yield from diversity.problems(data, k if _is_whole(k) else MOST_K, linked)


def _person(catalog: Catalog, dataset: Dataset, closed: Sequence[str]) -> str | None:
    """The column of a product that holds a person's id, of whichever source that describes people; None where there is
    none, or more than one source's."""
    places = [holders(catalog, subject).get(dataset.name) for subject in subjects(catalog, closed)]
    held = [columns for columns in places if columns]
    if len(held) != 1:
        return None
    (columns,) = held
    return next((name for name, needs in columns.items() if needs), next(iter(columns)))


def _shared(dataset: Dataset, name: str, how: Any, person: str | None, public: str) -> SharedColumn:
    column = dataset.find(name)
    if column is None:
        known = ", ".join(c.name for c in dataset.columns)
        raise PolicyError((), f"{dataset.name} has no column {shown(name)}; there are: {known}")
    if how == "suppress":
        return SharedColumn(column, how)
    if how == "pseudonym":
        if name != person:
            raise PolicyError(
                (), f"{name} is no person's id, and a pseudonym of anything else can be guessed by trying"
            )
        return SharedColumn(column, how)
    if how == "as_is":
        if column.classification != public:
            raise PolicyError(
                (), f"{name} is {column.classification or 'not classified'}: only {public} goes out as it is"
            )
        return SharedColumn(column, how)
    if isinstance(how, dict) and len(how) == 1 and next(iter(how)) in LADDERS:
        if name == person:
            raise PolicyError((), f"{name} is a person's id: share it as a pseudonym, or suppress it")
        ((kind, steps),) = how.items()
        ladder = LADDERS[kind](steps, column)
        if isinstance(ladder, str):
            raise PolicyError((kind,), ladder)
        return SharedColumn(column, "generalize", ladder)
    ways = ", ".join(["pseudonym", "suppress", "as_is", *(f"{{{kind}: …}}" for kind in LADDERS)])
    raise PolicyError((), f"how {name} is shared is none of {ways}")


def _policy(document: Document, catalog: Catalog) -> Policy:
    data = document.data
    contract, dataset = catalog.find(data["product"])
    (person,) = dataset.key
    only_totals = totals.totals_of(data, dataset, person) if data.get("share") == "totals" else None
    rows = {} if only_totals else data["columns"]
    shared = [_shared(dataset, name, how, person, dataset.column(name).classification) for name, how in rows.items()]
    until = _day(data["until"])
    assert until is not None
    return Policy(
        path=document.path,
        partner=data["partner"],
        contract=contract,
        dataset=dataset,
        purpose=data["purpose"],
        legal_basis=data["legal_basis"],
        until=until,
        contact=data["contact"],
        terms=data.get("terms", ""),
        k=data.get("k", USUAL_K),
        sensitive=data.get("sensitive"),
        diversity=diversity_of(data),
        canaries=data.get("canaries", 0),
        window=_window(data.get("pseudonyms", "release")) or 1,
        columns=tuple(s for s in shared if s.how != "suppress"),
        person=person,
        consent=consent.consent_of(data.get("only_where"), catalog, dataset),
        version=data.get("contract_version", "1.0.0"),
        promised=tuple(contract.document.get("slaProperties") or _of_sources(catalog)),
        totals=only_totals,
    )


def _of_sources(catalog: Catalog) -> Iterator[dict[str, Any]]:
    """How old what is published may be: nothing is published while a source is older than its contract allows."""
    sources = [dataset for one, dataset in catalog.pairs() if one.layer == "sources"]
    oldest = max((clause.argument for dataset in sources for clause in FRESHNESS.of(dataset)), default=0)
    if oldest:
        hours = -(-oldest // 3600)
        value, unit = (hours // 24, "d") if hours % 24 == 0 else (hours, "h")
        about = "The newest rows that it is made of are no older when it is published."
        yield {"property": "latency", "value": value, "unit": unit, "driver": "operational", "description": about}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST and value.isprintable()


def _values(columns: Any) -> list[Any]:
    return list(columns.values()) if isinstance(columns, dict) else []


def _window(said: Any) -> int | None:
    """For how many releases pseudonyms stay; None for what says nothing of it."""
    if said == "release":
        return 1
    many = said.get("releases") if isinstance(said, dict) and len(said) == 1 else None
    return many if isinstance(many, int) and many in range(2, MOST_RELEASES + 1) else None


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
