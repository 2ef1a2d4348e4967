"""The project that a command works on: its settings, and its contracts as one catalog."""

from dataclasses import dataclass
from pathlib import Path

from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.settings import Settings, load
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


def open_project(contracts: Path | None = None) -> Project:
    """Read the contracts of this project, or of another folder. Raises Breach for one that cannot be read."""
    if contracts is not None:
        contracts = contracts.resolve()
        settings = load(fallback=contracts.parent)  # outside a project, the contracts bring their own folder
    else:
        settings = load()
        contracts = settings.contracts
    catalog = Catalog.of(find_contracts(contracts, settings.file.raw_schema, settings.strict))
    if not settings.strict:
        from c360.generate.plan import enforceable

        catalog = enforceable(catalog)
    return Project(settings, catalog, contracts)
