"""The project that a command works on: its settings, and its contracts as one catalog."""

from dataclasses import dataclass
from pathlib import Path

from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.contract.findings import LintRules
from c360.generate.plan import enforceable
from c360.lint.lint import find_sound
from c360.model import Contract
from c360.settings import Settings, load, of_contracts


@dataclass(frozen=True)
class Project:
    settings: Settings
    catalog: Catalog
    contracts: Path


def open_project(contracts: Path | None = None) -> Project:
    """Read the contracts of this project, or of another folder. Raises Breach for what lint calls an error in them."""
    if contracts is not None:
        contracts = contracts.resolve()
        settings = load(fallback=contracts.parent)  # outside a project, the contracts bring their own folder
    else:
        settings = load()
        contracts = settings.contracts
    rules = of_contracts(settings, contracts)
    return Project(settings, catalog_of(contracts, rules), contracts)


def catalog_of(contracts: Path, rules: Settings) -> Catalog:
    """The contracts below a folder by the `rules` of their project; what lint only warns of is an unenforced clause.
    Raises Breach for what lint calls an error in them."""
    lint_rules = LintRules(rules.strict, rules.lint_off)
    levels = classifications(rules.classifications)
    return enforced(find_sound(contracts, levels, lint_rules, rules.file.raw_schema), rules)


def enforced(contracts: list[Contract], rules: Settings) -> Catalog:
    """Live contracts without an error as a catalog, where what cannot be written for a tool is an unenforced clause."""
    catalog = Catalog.of(contracts)
    return catalog if rules.strict and not rules.lint_off else enforceable(catalog)
