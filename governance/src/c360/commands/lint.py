"""`c360 lint`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from c360.console import json_option, print_json, report_option, reported
from c360.errors import Breach
from c360.printable import counted, one_line


@click.command(
    epilog="""\b
Examples:
  c360 lint
  c360 lint contracts/sources/contacts/1.0.0.odcs.yaml
  c360 lint elsewhere/contracts --json
  c360 lint --format sarif > lint.sarif"""
)
@click.argument("path", required=False, type=click.Path(path_type=Path, exists=True))
@report_option()
@json_option
def lint(path: Path | None, form: str, as_json: bool) -> None:
    """Check contracts: what the standard forbids, what can never hold, and what a strict project wants.

    Each finding bears the name of its rule. Strict rules (a team, descriptions, classifications, …) warn, and are
    errors where c360.toml says strict; one that a project does without is switched off there, with the reason.
    """
    from c360.contract.load import contract_files
    from c360.settings import load, of_contracts

    with reported("lint", form, as_json) as entries:
        settings = load(fallback=path and path.resolve().parent)
        settings = of_contracts(settings, path) if path else settings
        place = path or settings.contracts
        found = problems(settings, path)
        files = contract_files(place) if place.is_dir() else [place]
        entries += _entries(found, files)
        if as_json:
            print_json(as_dicts(found))
        for f in found if form == "table" and not as_json else ():
            click.echo(one_line(f))
        errors = sum(f.severity == "error" for f in found)
        warnings = counted(len(found) - errors, "warning", "warnings")
        if errors:
            said = f"{counted(errors, 'error', 'errors')} and {warnings} in the contracts."
            raise Breach(said, "Correct the errors, then: c360 generate")
        if form == "table" and not as_json:
            click.echo(f"Valid: {counted(len(files), 'contract', 'contracts')}, {warnings}.")


def _entries(found: list[Any], files: Iterable[Path]) -> list[Any]:
    """What lint found, and the files in which it found nothing."""
    from c360.ci import Entry, shown_path

    outcomes = {"error": "failed", "warning": "warned"}
    entries = [
        Entry(f.rule, f.path, outcomes[f.severity], f.message, f.file, f.line, shown_path(f.file)) for f in found
    ]
    sound = sorted({*files} - {f.file for f in found})
    return entries + [Entry("valid", "valid", "passed", "", file, 1, shown_path(file)) for file in sound]


def problems(settings: Any, path: Path | None = None) -> list[Any]:
    """What lint finds in a file or folder; by default in the project's contracts, and then in its policies."""
    from c360.contract.classifications import classifications
    from c360.contract.findings import LintRules
    from c360.lint.lint import linted

    rules = LintRules(settings.strict, settings.lint_off)
    levels = classifications(settings.classifications)
    found, contracts = linted(path or settings.contracts, levels, rules, settings.file.raw_schema)
    if path is None and not any(f.severity == "error" for f in found):
        found += _policies(settings, contracts)
    return found


def as_dicts(found: list[Any]) -> list[Any]:
    """As `--json` prints it."""
    return [
        {
            "file": str(f.file), "line": f.line, "path": f.path,
            "severity": f.severity, "rule": f.rule, "message": f.message,
        }
        for f in found
    ]  # fmt: skip


def _policies(settings: Any, contracts: list[Any]) -> list[Any]:
    """What is wrong in the policies of partners, which are read against the contracts."""
    from c360.contract.classifications import classifications
    from c360.contract.findings import LintProblem, LintRules
    from c360.contract.load import in_order
    from c360.project import enforced
    from c360.share.living import ended_bundles
    from c360.share.policy import findings

    today = datetime.now(UTC).date()
    catalog = enforced(in_order(contracts), settings)
    found = list(findings(settings.policies, catalog, classifications(settings.classifications), today))
    found += [(path, 1, (), f"{one}. {one.remedy}") for path, one in ended_bundles(settings, today)]
    return [LintRules().finding(LintProblem("policy", place, what), file, line) for file, line, place, what in found]
