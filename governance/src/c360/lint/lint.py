"""Lint: what the standard forbids, what cannot be enforced, and what a strict project wants.

All contracts in one run. Each file is parsed once; a file that cannot be read, or a clause that cannot be understood,
silences no other.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from c360.contract.catalog import Catalog, collision, collisions
from c360.contract.current import current
from c360.contract.document import Document, Place, dicts, parse
from c360.contract.enum_columns import add_enum_columns
from c360.contract.findings import LintFinding, LintProblem, LintRules
from c360.contract.live import displaced_versions, live
from c360.contract.load import (
    LAYERS,
    RAW,
    contract_files,
    in_order,
    layer_of,
    load_contract,
    name_collisions,
    not_a_contract,
)
from c360.contract.lock import LOCK, broken
from c360.contract.names import faults
from c360.contract.older import read_as_now
from c360.contract.problems import Problems
from c360.errors import Breach, CouldNotTell
from c360.generate.plan import unrendered
from c360.lint.checks import checks
from c360.lint.standard import schema_problems
from c360.lint.vacuous import vacuous_promises
from c360.model import Contract, Unenforced
from c360.printable import counted, shown

_SHOWN = 10
"""So many errors are named by a command that ends with them."""
_OF_RELEASES = ("released-changed", "not-locked")
Found = Iterator[tuple[Path, LintProblem]]


def lint(
    path: Path, classifications: Sequence[str], rules: LintRules | None = None, raw_schema: str = RAW
) -> list[LintFinding]:
    """Every finding in the contracts below a folder, or in one file of it, in the order of files and lines.

    What one contract says of another is looked up in all of the folder. Raises CouldNotTell when there is no contract.
    """
    return linted(path, classifications, rules or LintRules(), raw_schema)[0]


def find_sound(path: Path, classifications: Sequence[str], rules: LintRules, raw_schema: str = RAW) -> list[Contract]:
    """The live contracts of a folder, as find_contracts has them, each read once.

    What is only warned of is an unenforced clause.

    Errors against the lock of releases stop CI and a release, and not the work on the next version.

    Raises Breach when lint has errors in them: the first of them, in the words of lint.
    """
    found, contracts = linted(path, classifications, rules, raw_schema)
    errors = [finding for finding in found if finding.severity == "error" and finding.rule not in _OF_RELEASES]
    if errors:
        words = "; ".join(map(str, errors[:_SHOWN]))
        more = f"; and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        raise Breach(
            f"{counted(len(errors), 'error', 'errors')} in the contracts: {words}{more}.", f"See: c360 lint {path}"
        )
    return in_order(contracts)


def linted(
    path: Path, classifications: Sequence[str], rules: LintRules, raw_schema: str
) -> tuple[list[LintFinding], list[Contract]]:
    """What `lint` finds, and every contract there that can be understood, live or not: each is read once."""
    folder = path if path.is_dir() else _folder(path)
    documents, unreadable = _read(contract_files(path) if path.is_dir() else _beside(path, folder))
    found: list[LintFinding | None] = []
    contracts: list[Contract] = []
    problems_of_each = _problems(documents, path, classifications, raw_schema, contracts)
    for file, problem in (*unreadable, *_locked(folder, documents), *problems_of_each):
        if path.is_dir() or file == path:
            line = documents[file].line(problem.place) if file in documents else _line_in(problem.message, file)
            found.append(rules.finding(problem, file, line))
    return sorted((f for f in found if f), key=lambda f: (f.file, f.line, f.message)), contracts


def _folder(path: Path) -> Path:
    """The contracts folder that a file is in, else the folder that it is in."""
    return next((above.parent for above in path.parents if above.name in LAYERS), path.parent)


def _beside(path: Path, folder: Path) -> list[Path]:
    """A file and the contracts that it stands among: those of its contracts folder, else those next to it."""
    try:
        others = contract_files(folder, below=folder != path.parent)
    except CouldNotTell:  # it stands alone
        others = []
    return [path, *(other for other in others if other != path)]


def _locked(folder: Path, documents: dict[Path, Document]) -> Found:
    try:
        yield from broken(folder, documents)
    except Breach as error:
        yield folder / LOCK, LintProblem("unreadable", (), error.message)


def _read(paths: list[Path]) -> tuple[dict[Path, Document], list[tuple[Path, LintProblem]]]:
    documents, unreadable = {}, []
    for path in paths:
        try:
            documents[path] = parse(path)
        except Breach as error:
            unreadable.append((path, LintProblem("unreadable", (), error.message)))
    return documents, unreadable


def _problems(
    documents: dict[Path, Document],
    folder: Path,
    classifications: Sequence[str],
    raw_schema: str,
    contracts: list[Contract],
) -> Found:
    """What is wrong in each contract alone, then with them together; `contracts` gets those that can be understood."""
    for path, document in list(documents.items()):
        if "dataContractSpecification" in document.data:
            problem = not_a_contract(path, document.data)
            yield path, LintProblem("shape", (), _plain(problem, path))
            del documents[path]
    for path, document in documents.items():
        yield from ((path, problem) for problem in (*schema_problems(document.data), *read_as_now(document.data)))
    try:
        add_enum_columns(document.data for document in documents.values())
    except Breach as error:
        yield next(iter(documents)), LintProblem("unclear", (), error.message)
    tables = {
        str(part.get("name")): part
        for document in current(documents.values(), lambda document: document.data)
        for part in dicts(document.data.get("schema"))
    }
    for path, document in documents.items():
        yield from ((path, problem) for problem in checks(document.data, classifications, tables))
        yield from ((path, problem) for problem in vacuous_promises(document.data))
        for fault in faults(document.data, layer_of(path, folder)):
            yield path, LintProblem("name", fault.place, fault.message)
        contract, broken = _loaded(document, folder, raw_schema)
        yield from ((path, problem) for problem in broken)
        if contract:
            contracts.append(contract)
    yield from _together(contracts)


def _loaded(document: Document, folder: Path, raw_schema: str) -> tuple[Contract | None, list[LintProblem]]:
    """The contract, as far as it can be understood, and what cannot, or is enforced by nobody."""
    problems = Problems(collect=True)
    try:
        below = folder if folder.is_dir() else None
        contract = load_contract(document.path, below, document.data, raw_schema, problems)
    except Breach as error:
        return None, [LintProblem("shape", (), _plain(error, document.path))]
    by_message = {_plain(error, document.path): (rule, place) for rule, place, error in reversed(problems.found)}
    found = [LintProblem(rule, place, message) for message, (rule, place) in by_message.items()]
    for clause in (clause for dataset in contract.datasets for clause in dataset.clauses):
        if isinstance(clause.argument, Unenforced) and clause.argument.warn:
            message = f"nobody enforces {clause.argument.text}: {clause.argument.why}"
            found.append(LintProblem("not-enforced", clause.argument.place, message))
    return contract, found


def _plain(error: Breach, path: Path) -> str:
    """What is wrong and what to do, without the file, which stands beside it."""
    return f"{error.message.removeprefix(f'{path}: ')} {error.remedy}".strip()


def _together(contracts: list[Contract]) -> Found:
    """Names that two of the live contracts claim; where there are none, what cannot be written for some tool."""
    for contract, twin in name_collisions(contracts):
        message = f"the name {shown(contract.name)} is that of {twin.path} too, which has another id"
        yield contract.path, LintProblem("collision", ("name",), message)
    for older, newer in displaced_versions(contracts):
        message = f"nobody enforces {older.label}, since {newer.label} has its table"
        remedy = "retire what is no longer promised (c360 retire), or give the newer one a physicalName of its own"
        yield older.path, LintProblem("not-enforced", ("status",), f"{message}: {remedy}, see docs/versions.md")
    chosen = live(contracts)
    yield from _spelt_twice(chosen)
    claimed = list(collisions(chosen))
    for claim, owner, other in claimed:
        place = ("schema", owner[1], "name") if claim[0] != "page" else ("name",)
        yield owner[0].path, LintProblem("collision", place, collision(claim, owner, other))
    if not claimed:
        named = [c for c in chosen if not any(True for _ in faults(c.document, c.layer))]  # a name is told once
        for contract, clause, error in unrendered(Catalog(tuple(named))):
            yield (
                contract.path,
                LintProblem("not-rendered", clause.place if clause else (), _plain(error, contract.path)),
            )


def _spelt_twice(contracts: Sequence[Contract]) -> Found:
    """Business words that differ in case alone: the catalogue's glossary takes them for one."""
    first: dict[str, tuple[str, Contract]] = {}
    for contract in contracts:
        for place, word in _words(contract):
            spelt, other = first.setdefault(word.lower(), (word, contract))
            if spelt != word:
                said = f"the business word {shown(word)} is {shown(spelt)} in {other.label}: one term of the glossary"
                yield contract.path, LintProblem("spelt-twice", place, said)


def _words(contract: Contract) -> Iterator[tuple[Place, str]]:
    for number, part in enumerate(dicts(contract.document.get("schema"))):
        key = "businessName" if part.get("businessName") else "name"
        yield ("schema", number, key), str(part.get(key))
        for index, prop in enumerate(dicts(part.get("properties"))):
            if prop.get("businessName"):
                yield ("schema", number, "properties", index, "businessName"), str(prop["businessName"])


def _line_in(message: str, path: Path) -> int:
    """The line that a message names behind the file, for a file that could not be parsed."""
    digits = re.match(r"\d+", message.partition(f"{path}:")[2])
    return int(digits[0]) if digits else 1
