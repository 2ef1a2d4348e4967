"""The project that a command works on: its settings, and its contracts as one catalog."""

from dataclasses import dataclass
from pathlib import Path

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.settings import Settings, load, of_contracts
from c360.share.policy import Policy


@dataclass(frozen=True)
class Project:
    settings: Settings
    catalog: Catalog
    contracts: Path

    @property
    def policies(self) -> "list[Policy]":
        """What partners get. Raises Breach for a policy that is not sound."""
        from c360.contract.classifications import classifications
        from c360.share.policy import policies

        return policies(self.settings.policies, self.catalog, classifications(self.settings.classifications))


def refuse_errors(contracts: Path, settings: Settings) -> None:
    """Raises Breach, naming them, when lint has errors in a folder of contracts, by the rules of its own project."""
    from c360.contract.classifications import classifications
    from c360.contract.findings import House
    from c360.contract.lint import breach_of, lint

    house = House(settings.strict, settings.lint_off)
    found = lint(contracts, classifications(settings.classifications), house, settings.file.raw_schema)
    breach = breach_of(found, details=True)
    if breach:
        raise breach


def open_project(contracts: Path | None = None) -> Project:
    """Read the contracts of this project, or of another folder. Raises Breach for what lint calls an error in them."""
    if contracts is not None:
        contracts = contracts.resolve()
        settings = load(fallback=contracts.parent)  # outside a project, the contracts bring their own folder
    else:
        settings = load()
        contracts = settings.contracts
    rules = of_contracts(settings, contracts)
    refuse_errors(contracts, rules)
    catalog = Catalog.of(find_contracts(contracts, rules.file.raw_schema, strict=False))
    if not rules.strict or rules.lint_off:
        from c360.generate.plan import enforceable

        catalog = enforceable(catalog)
    return Project(settings, catalog, contracts)
