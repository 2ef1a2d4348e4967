"""The Python API, which `import c360` gives: for orchestrators, notebooks and tests.

A `Project` has a method for each stage. A method returns what the command's `--json` prints, prints nothing, and never
ends the process. It raises `Broken` if a clause is broken, and `CouldNotTell` if it could not tell. Both have
`message`, `remedy` (the next command to type) and `result`: what the method would have returned, or None.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from c360.errors import Breach as Broken
from c360.errors import CouldNotTell, plainly

if TYPE_CHECKING:
    from psycopg import Connection

    from c360.ledger.history import Ending, Run
    from c360.project import Project as Opened
    from c360.settings import Settings

__all__ = ["Broken", "Built", "CouldNotTell", "Delivery", "Generated", "Problem", "Project", "Published", "Released",
           "Verdict",
           "open_project"]  # fmt: skip


class Problem(TypedDict):
    """A finding of lint. `severity` is error or warning; `path` leads to the place inside the file."""

    file: str
    line: int
    path: str
    severity: str
    rule: str
    message: str


class Generated(TypedDict):
    """What changed, or with `check` what differs: paths below the project's root, and how many files there are."""

    stale: list[str]
    missing: list[str]
    orphaned: list[str]
    files: int


class Delivery(TypedDict):
    """What became of a file. `outcome` is accepted, refused or repeated; numbers count rows.

    Unless it was refused, delivered = promoted + quarantined + duplicates + erased. `unusual` has, by clause that looks
    at the deliveries before, what is unlike them. A dry run has no `delivery_id`, and does not know what it corrects.
    """

    file: str
    dataset: str
    outcome: str
    reason: str
    delivered: int
    promoted: int
    quarantined: int
    duplicates: int
    superseded: int
    corrected: int | None
    erased: int
    delivery_id: int | None
    rows_by_clause: dict[str, int]
    clauses: dict[str, str]
    unusual: dict[str, str]
    dry_run: bool


class Built(TypedDict):
    """By kind of dbt node: how many, then how many passed, warned, failed, errored, were skipped. By clause its
    outcome."""

    nodes: dict[str, list[int]]
    clauses: dict[str, str]


class Verdict(TypedDict):
    """What verify found for a clause. `outcome` is passed, failed, warned, skipped or errored."""

    clause: str
    contract: str
    version: str
    engine: str
    outcome: str
    measured: float | None
    rows: int | None
    detail: str | None


class Released(TypedDict):
    """What a partner gets of a product. Numbers count persons but for `published`, `coarser` and `suppressed`, which
    count rows: in the view, generalised further than others, and left out."""

    product: str
    view: str
    persons: int
    published: int
    coarser: int
    suppressed: int


class Published(TypedDict):
    """Folders with the pages of all contracts, or with the signed bundles of a partner; and what the partner gets."""

    folders: list[str]
    releases: list[Released]


class Project:
    """A project. Each method reads the contracts again, and has a database connection of its own."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings

    def __repr__(self) -> str:
        return f"<c360.Project {str(self.root)!r}>"

    @property
    def root(self) -> Path:
        """The folder with c360.toml."""
        return self._settings.root

    def lint(self) -> list[Problem]:
        """Check the contracts; returns warnings. Raises Broken for an error."""
        from c360.commands.lint import as_dicts, problems

        with _in_words():
            result: list[Problem] = as_dicts(problems(self._settings))
            errors = sum(problem["severity"] == "error" for problem in result)
            if errors:
                raise _with(Broken(f"The contracts have {errors} errors.", "See: c360 lint"), result)
        return result

    def generate(self, check: bool = False) -> Generated:
        """Write the files that follow from the contracts. With `check`, write nothing, and raise Broken if a file
        differs."""
        from c360.commands.generate import as_dict, generated

        with _in_words():
            drift, files = generated(self._opened(), self.root, check)
            result: Generated = as_dict(drift, files)
            if check and drift:
                raise _with(Broken("Generated files differ from the contracts.", "Run: c360 generate"), result)
        return result

    def ingest(
        self, dataset: str, *files: str | Path, as_of: datetime | None = None, dry_run: bool = False
    ) -> list[Delivery]:
        """Take files through the gate, each in a transaction of its own. Raises Broken if one of them is refused.

        A retry is safe: a file that was accepted last is `repeated`, and changes nothing. With `dry_run`, nothing is
        written: the answer says what would become of the files.
        """
        from c360.commands.ingest import as_dict, named
        from c360.engine import engine_of
        from c360.gate.ingest import breach_of, ingest

        taken: list[Any] = []
        with _in_words(lambda: [as_dict(one, dry_run) for one in taken]), self._database() as database:
            opened = self._opened()
            contract, _ = named(opened.catalog, dataset)
            engine = engine_of(database, self._settings, contract)
            for path in map(Path, files):
                if not path.is_file():
                    raise CouldNotTell(f"There is no file {path}.", "Check the path.")
                run = _run("gate", as_of)
                taken.append(ingest(database, engine, opened.catalog, dataset, path, run, dry=dry_run))
            if breach := breach_of(taken, dry_run):
                raise breach
        return [as_dict(one, dry_run) for one in taken]

    def build(self, *dbt_arguments: str, as_of: datetime | None = None) -> Built:
        """Run dbt source freshness, then dbt build, with further arguments of dbt. dbt's messages go to its log."""
        from c360.commands.build import as_dict
        from c360.dbt.build import build
        from c360.engine import require_postgres

        found: list[Any] = []
        with _in_words(lambda: as_dict(found[0]) if found else None):
            opened, run = self._opened(), _run("build", as_of)
            require_postgres(self._settings, opened.catalog, "build")
            with self._recorded(run, opened) as (database, ending):
                found.append(build(opened, database, run, dbt_arguments, pinned=as_of is not None))
                ending.made = found[0].made
                found[0].require()
        result: Built = as_dict(found[0])
        return result

    def verify(self, *contracts: str, as_of: datetime | None = None) -> list[Verdict]:
        """Run datacontract test for the named contracts, or for all."""
        from c360.commands.verify import as_dict, named
        from c360.verify.verify import verify

        result: list[Any] = []
        with _in_words(lambda: result or None):
            opened, run = self._opened(), _run("verify", as_of)
            chosen = named(opened.catalog.contracts, contracts)
            with self._recorded(run, opened) as (database, _):
                findings, _ = verify(opened, database, run, chosen, pinned=as_of is not None)
                result += [as_dict(found) for found in findings]
                for outcome, error in (("failed", Broken), ("errored", CouldNotTell)):
                    bad = [verdict["clause"] for verdict in result if verdict["outcome"] == outcome]
                    if bad:
                        raise error(f"{len(bad)} clauses {outcome}: {', '.join(bad[:3])}.", "See: c360 status")
        return result

    def publish(self, partner: str | None = None, as_of: datetime | None = None) -> Published:
        """Write the pages of all contracts; with a partner, make the share and the signed bundles of its policy."""
        from c360.commands.publish import as_dict
        from c360.folders import require_place
        from c360.publish.pages import Told, versions_of, write_pages
        from c360.share.publish import publish, require_partner

        with _in_words():
            opened, run = self._opened(), _run("publish", as_of)
            site = self._settings.site
            folder = site / "partners" / partner if partner else site / "contracts"
            if partner:
                require_partner(opened, partner)
            require_place(folder)
            with self._recorded(run, opened, partner or "*") as (database, ending):
                if partner is None:
                    write_pages(opened.catalog.contracts, folder, Told(versions_of(opened, run.as_of.date())))
                    return {"folders": [str(folder)], "releases": []}
                made = publish(opened, database, partner, folder, run.as_of, as_of is not None, lambda what: None)
                ending.made = lambda: [one.made for one in made.releases]
                result: Published = as_dict(made)
                return result

    def status(self, as_of: datetime | None = None) -> dict[str, Any]:
        """What holds now, in the shape of docs/history.md. A broken clause raises nothing: the answer is the result."""
        from c360.commands.status import read

        with _in_words(), self._database() as database:
            return read(self._opened(), database, as_of).as_dict()

    def _opened(self) -> "Opened":
        from c360.project import Project as Opened
        from c360.project import catalog_of

        contracts = self._settings.contracts
        return Opened(self._settings, catalog_of(contracts, self._settings), contracts)

    @contextmanager
    def _database(self) -> Iterator["Connection"]:
        from c360.database import connect

        with closing(connect(self._settings)) as database:
            yield database

    @contextmanager
    def _recorded(self, run: "Run", opened: "Opened", subject: str = "*") -> Iterator[tuple["Connection", "Ending"]]:
        from c360.ledger.history import on_record
        from c360.ledger.tables import prepare

        with self._database() as database:
            prepare(database)
            with on_record(database, run, subject, opened.catalog) as ending:
                yield database, ending


def open_project(folder: str | Path | None = None) -> Project:
    """The project at or above a folder; without one as on the command line. The environment holds as there.

    Raises CouldNotTell if there is no c360.toml, or if it is not valid.
    """
    from c360.settings import load

    with _in_words():
        if folder is None:
            return Project(load())
        env = {name: value for name, value in os.environ.items() if name != "C360_ROOT"}
        return Project(load(env, Path(folder).resolve()))


def _run(stage: str, as_of: datetime | None) -> "Run":
    from c360.ledger.history import Run

    if as_of is not None and as_of.tzinfo is None:
        raise CouldNotTell("The time as_of has no time zone.", "Give it one: datetime.now(UTC).")
    return Run.start(stage, as_of)


def _with(error: CouldNotTell, result: Any) -> CouldNotTell:
    error.result = result
    return error


@contextmanager
def _in_words(result: Callable[[], Any] = lambda: None) -> Iterator[None]:
    """Give an error what was found until then; what the database or the system says becomes CouldNotTell. dbt says
    nothing meanwhile, and libpq's variables of the environment change nothing, as with the commands."""
    from c360.database.shell import left_out
    from c360.dbt.log import SAY

    before = SAY.set(lambda text: None)
    try:
        with left_out(os.environ.get("C360_DATABASE_URL")):
            yield
    except CouldNotTell as error:
        raise _with(error, error.result or result()) from None
    except Exception as error:
        if said := plainly(error):
            raise _with(CouldNotTell(f"{said[0]}.", said[1]), result()) from None
        raise
    finally:
        SAY.reset(before)
