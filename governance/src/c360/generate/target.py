"""For whom files are generated: the dbt package and its name, and the folders that hold what is generated."""

from dataclasses import dataclass
from pathlib import Path

from c360.errors import CouldNotTell
from c360.generate.text import slug
from c360.settings import Settings


@dataclass(frozen=True)
class Target:
    """Folders are below the project's root."""

    package: str = "dbt_package"
    """The dbt package's folder."""
    name: str = "dbt_package"
    """Its name, which its macros and variables bear."""
    project: str = "dbt_package"
    """Where dbt runs."""
    soda_checks: str = "soda_checks"
    soda: bool = True
    """Whether there is Soda, and checks for it."""
    elementary: bool = False
    """Whether there is Elementary: its anomaly tests, and a test a clause on the gate's verdict."""
    raw_schema: str = "raw"
    """The schema of sources that a variable of the package can move."""

    @property
    def folders(self) -> tuple[str, ...]:
        """Every folder that may hold generated files."""
        models, macros = f"{self.package}/models", f"{self.package}/macros/contracts"
        sharing = f"{models}/sharing", self.unity_catalog
        return (self.soda_checks, f"{models}/contracts", *sharing, macros, self.gate)

    def variable(self, dataset: str, what: str) -> str:
        """The name of a dbt variable about one source: its `database`, `schema` or `identifier`, or `enabled`."""
        return f"{self.name}_{slug(dataset)}_{what}"

    @property
    def unity_catalog(self) -> str:
        """The folder of what Unity Catalog is told of partners, which dbt does not read."""
        return f"{self.package}/unity_catalog"

    @property
    def gate(self) -> str:
        """The folder of the tests on the gate's verdicts, which are for Elementary."""
        return f"{self.project}/models/gate"


def target_of(settings: Settings) -> Target:
    """What c360.toml says. Raises CouldNotTell when the dbt package has no name."""
    file = settings.file
    return Target(
        package=file.dbt_package,
        name=_name_of(settings.dbt_package),
        project=file.dbt_project,
        soda_checks=file.soda_checks,
        soda=file.soda,
        elementary=file.elementary,
        raw_schema=file.raw_schema,
    )


def _name_of(package: Path) -> str:
    """The name in its dbt_project.yml; one that is not there yet is named after its folder."""
    import yaml

    path = package / "dbt_project.yml"
    try:
        named = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return slug(package.name)
    except OSError as error:
        raise CouldNotTell(f"Cannot read {path}: {error.strerror}.", "Check the file's rights.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CouldNotTell(f"{path} is no YAML.", "Mend it, then: c360 generate") from error
    name = named.get("name") if isinstance(named, dict) else None
    if not isinstance(name, str) or not (name.isidentifier() and name.isascii()):
        raise CouldNotTell(f"{path} gives its package no name.", "Write name: in it, of letters, digits and _.")
    return name
