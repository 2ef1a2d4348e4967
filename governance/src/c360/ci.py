"""What a command found, in the formats that CI systems read: JUnit XML, SARIF 2.1.0, GitLab's Code Quality report."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from c360.contract.document import Document, Place, parse
from c360.errors import DISTRIBUTION, CouldNotTell
from c360.model import Contract
from c360.printable import one_line

_FAR = "c360.toml"
"""Where GitLab shows what is about no file of the repository."""
_LEVELS = {"failed": "error", "errored": "error", "warned": "warning"}


@dataclass(frozen=True)
class Entry:
    """One thing that was checked. `outcome` is passed, failed, warned, skipped or errored; `line` counts from 1."""

    rule: str
    """The lint rule, the kind of change, or the kind of clause."""
    name: str
    """The place in the contract, or the clause's id."""
    outcome: str
    message: str = ""
    file: Path | None = None
    line: int = 1
    group: str = ""
    """The contract, the delivery or the file that it is about."""

    @property
    def level(self) -> str:
        """error, warning, or empty for what holds or was skipped."""
        return _LEVELS.get(self.outcome, "")


class Lines:
    """Where clauses stand in their contracts. Each file is read once."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self._paths = {(contract.name, contract.version): contract.path for contract in contracts}
        self._read: dict[Path, Document | None] = {}

    def of(self, contract: str, version: str, place: Place) -> tuple[Path | None, int]:
        """File and line; None and 1 for a contract that is not among these."""
        path = self._paths.get((contract, version))
        return (None, 1) if path is None else (path, self.line(path, place))

    def line(self, path: Path, place: Place) -> int:
        """The line of a place in a contract; 1 if the file cannot be read."""
        document = self.document(path)
        return document.line(place) if document else 1

    def document(self, path: Path) -> Document | None:
        if path not in self._read:
            try:
                self._read[path] = parse(path)
            except CouldNotTell:  # it has gone, or it is no contract
                self._read[path] = None
        return self._read[path]


def of_clauses(lines: Lines, findings: Iterable[Any], group: str = "") -> list[Entry]:
    """Entries of findings (ledger.history.Finding). `group` is the delivery that they are about, if they are."""
    entries = []
    for found in findings:
        clause = found.clause
        file, line = lines.of(clause.contract, clause.version, clause.place)
        rows = f"{found.rows:,} rows break it" if found.rows else ""
        said = "; ".join(part for part in (found.detail, rows) if part) or f"It {found.outcome}"
        label = group or f"{clause.contract} {clause.version}"
        entries.append(Entry(clause.kind.name, clause.id, found.outcome, f"{clause.id}: {said}.", file, line, label))
    return entries


def shown_path(file: Path) -> str:
    """Below the repository's root, as CI systems have it; absolute if the file is in no repository."""
    path = file.resolve()
    roots = [Path(os.environ["GITHUB_WORKSPACE"])] if os.environ.get("GITHUB_WORKSPACE") else []
    roots += [folder for folder in path.parents if (folder / ".git").exists()][:1]
    root = next((root.resolve() for root in [*roots, Path.cwd()] if path.is_relative_to(root.resolve())), None)
    return (path.relative_to(root) if root else path).as_posix()


def render(form: str, command: str, entries: list[Entry]) -> str:
    """The report of a command, in one of FORMS."""
    return FORMS[form](command, entries)


def _junit(command: str, entries: list[Entry]) -> str:
    """A suite for each group. What warns passes, and says so in system-out: JUnit has no word for it."""
    from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

    report = JUnitXml(f"c360 {command}")
    suites: dict[str, Any] = {}
    kinds = {"failed": Failure, "errored": Error, "skipped": Skipped}
    for entry in entries:
        suite = suites.setdefault(entry.group, TestSuite(_xml(entry.group or command)))
        case = TestCase(_xml(entry.name or entry.rule), classname=f"c360.{command}.{_xml(entry.rule)}", time=0)
        message = _xml(entry.message)
        where = f"{_xml(shown_path(entry.file))}:{entry.line}" if entry.file else ""
        if entry.outcome in kinds:
            result = kinds[entry.outcome](message, entry.rule)
            result.text = f"{where}: {message}" if where else message
            case.result = result
        elif entry.level:
            case.system_out = f"{where}: warning: {message}"
        if entry.file:
            case._elem.set("file", _xml(shown_path(entry.file)))
            case._elem.set("line", str(entry.line))
        suite.add_testcase(case)
    for suite in suites.values():
        report.add_testsuite(suite)
    report.update_statistics()
    text: bytes = report.tostring()
    return text.decode()


def _sarif(command: str, entries: list[Entry]) -> str:
    """What does not hold; GitHub shows it under code scanning."""
    from sarif_pydantic import (
        ArtifactLocation,
        Invocation,
        Level,
        Location,
        Message,
        PhysicalLocation,
        Region,
        ReportingDescriptor,
        Result,
        Run,
        Sarif,
        Tool,
        ToolDriver,
    )

    rules = sorted({entry.rule for entry in entries})
    results = []
    for entry, print_ in _fingerprinted(command, entries):
        physical = PhysicalLocation(
            artifact_location=ArtifactLocation(uri=_uri(entry.file)), region=Region(start_line=entry.line)
        ) if entry.file else None  # fmt: skip
        results.append(
            Result(
                rule_id=entry.rule,
                rule_index=rules.index(entry.rule),
                level=Level(entry.level),
                message=Message(text=one_line(entry.message)),
                locations=[Location(physical_location=physical)] if physical else [],
                partial_fingerprints={"c360/v1": print_},
            )
        )
    driver = ToolDriver(
        name="c360", version=version(DISTRIBUTION), rules=[ReportingDescriptor(id=rule) for rule in rules]
    )
    run = Run(
        tool=Tool(driver=driver),
        results=results,
        invocations=[Invocation(execution_successful=not any(e.outcome == "errored" for e in entries))],
        automation_details={"id": f"c360/{command}/"},
    )
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    log = Sarif.model_validate({"$schema": schema, "version": "2.1.0", "runs": [run]})
    return log.model_dump_json(by_alias=True, exclude_none=True, indent=2)


def _gitlab(command: str, entries: list[Entry]) -> str:
    """What does not hold; GitLab shows it beside the changes of a merge request."""
    severities = {"failed": "major", "errored": "critical", "warned": "minor"}
    found = []
    for entry, print_ in _fingerprinted(command, entries):
        path = shown_path(entry.file) if entry.file else _FAR
        place = (_FAR, 1) if Path(path).is_absolute() else (one_line(path), entry.line)
        found.append(
            {
                "description": one_line(entry.message),
                "check_name": f"c360.{command}.{entry.rule}",
                "fingerprint": print_,
                "severity": severities[entry.outcome],
                "location": {"path": place[0], "lines": {"begin": place[1]}},
            }
        )
    return json.dumps(found, indent=2)


FORMS: dict[str, Callable[[str, list[Entry]], str]] = {"junit": _junit, "sarif": _sarif, "gitlab": _gitlab}
"""By name, what writes a report."""


def _xml(text: str) -> str:
    """On one line, without the two characters that remain and that XML forbids."""
    return one_line(text).translate({0xFFFE: "\ufffd", 0xFFFF: "\ufffd"})


def _uri(file: Path) -> str:
    path = shown_path(file)
    return Path(path).as_uri() if Path(path).is_absolute() else quote(os.fsencode(path))


def _fingerprinted(command: str, entries: list[Entry]) -> list[tuple[Entry, str]]:
    """What does not hold, each with an id that stays the same if lines move or numbers change."""
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for entry in entries:
        if entry.level:
            key = (command, entry.rule, entry.name, entry.group, shown_path(entry.file) if entry.file else "")
            seen[key] += 1
            found.append(
                (entry, hashlib.sha256("\0".join([*key, str(seen[key])]).encode(errors="surrogatepass")).hexdigest())
            )
    return found
