"""`c360 import`."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from c360.console import connected, contracts_option
from c360.errors import CouldNotTell


@click.command(
    "import",
    epilog="""\b
Examples:
  c360 import deliveries/orders.csv deliveries/customers.csv
  c360 import january.parquet --name readings
  c360 import --table sales.orders
  c360 import target/manifest.json --table orders --table customers
  c360 import schema.sql --dialect snowflake
  c360 import old/datacontract.yaml --out -
  c360 import old.odcs.yaml --upgrade --out new.odcs.yaml""",
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--table", "tables", multiple=True, metavar="NAME", help="Of a file, only this; without, of the database."
)
@click.option("--name", metavar="NAME", help="The contract's name; by default that of the file or the table.")
@click.option("--dialect", default="postgres", metavar="NAME", help="The dialect of the SQL; by default Postgres.")
@click.option("--upgrade", is_flag=True, help="Only write an ODCS file in today's version of the standard.")
@click.option("--out", metavar="FILE", help="Where to write; - prints. By default the contracts folder.")
@contracts_option
def import_(
    files: tuple[Path, ...],
    tables: tuple[str, ...],
    name: str | None,
    dialect: str,
    upgrade: bool,
    out: str | None,
    contracts: Path | None,
) -> None:
    """Draft a contract from what there is: types, keys, values and classifications, proposed with their evidence.

    Sources are CSV and Parquet files, tables of the project's database, SQL, a dbt manifest, and contracts in an older
    version of ODCS or in the Data Contract Specification. A draft holds counts and no value of the data; nothing is
    ever overwritten.
    """
    if not files and not tables:
        raise CouldNotTell("Nothing to import was named.", "Name a file, or a table: c360 import --table schema.table")
    if upgrade:
        _upgrade(files, out)
        return
    from c360.settings import load

    elsewhere = contracts.resolve().parent if contracts else Path.cwd() if out else None
    settings = load(fallback=elsewhere)
    found = list(_drafts(files, tables, name, dialect, settings, contracts or settings.contracts))
    if len(found) > 1 and (name or (out and out != "-")):
        raise CouldNotTell("One name, or one --out FILE, is for one contract.", "Import them one by one: --table NAME")
    _deliver(found, out, contracts or settings.contracts)


def _drafts(
    files: tuple[Path, ...], tables: tuple[str, ...], name: str | None, dialect: str, settings: Any, contracts: Path
) -> Iterable[Any]:
    from c360.contract.classifications import classifications
    from c360.draft.sources import drafts_of

    levels, known = classifications(settings.classifications), _known(contracts, settings.strict)
    if files:
        yield from drafts_of({file: name or name_after(file) for file in files}, levels, known, tables, dialect)
    else:
        from c360.draft.table import from_table

        for table in tables:
            database = connected(settings, role=None)
            try:
                yield from_table(database, table, name or table.rpartition(".")[2], levels, known)
            finally:
                database.close()


def _known(contracts: Path, strict: bool) -> dict[str, frozenset[str]]:
    """The columns of every dataset of the project, as far as its contracts can be read."""
    from c360.contract import find_contracts

    try:
        datasets = [dataset for contract in find_contracts(contracts, strict=strict) for dataset in contract.datasets]
        return {dataset.name: frozenset(column.name for column in dataset.columns) for dataset in datasets}
    except CouldNotTell:
        return {}


def _deliver(drafts: list[Any], out: str | None, contracts: Path) -> None:
    from c360.draft.write import as_yaml
    from c360.printable import one_line

    for draft in drafts:
        for way in draft.left:
            click.echo(one_line(f"{draft.name}: not carried over: {way}"), err=True)
    if out == "-":
        for draft in drafts:
            click.echo(as_yaml(draft), nl=False)
        return
    paths = [Path(out) if out else place(contracts, draft) for draft in drafts]
    for path, draft in zip(paths, drafts, strict=True):
        write(path, as_yaml(draft))
        click.echo(f"{path}: a draft. Check it, then: c360 lint")


def _upgrade(files: tuple[Path, ...], out: str | None) -> None:
    from c360.draft.upgrade import upgraded
    from c360.printable import one_line

    if len(files) != 1:
        raise CouldNotTell("--upgrade takes one file.", "Upgrade them one by one.")
    text, notes = upgraded(files[0])
    if out and out != "-":
        write(Path(out), text)
    else:
        click.echo(text, nl=False)
    for line in notes or ["it is of today's version already"]:
        click.echo(one_line(f"{files[0]}: {line}"), err=True)


def name_after(file: Path) -> str:
    """`2024 Orders.csv.gz` -> orders: what a table can be called."""
    stem = re.split(r"\.(?:csv|tsv|txt|parquet|json|sql|odcs|ya?ml)\b", file.name, flags=re.IGNORECASE)[0]
    plain = re.sub(r"\W+", "_", stem).strip("_").lower()[:60]
    return re.sub(r"^[\d_]+|[\d_]+$", "", plain) or "imported"


def place(contracts: Path, draft: Any) -> Path:
    """Where a draft belongs. Raises CouldNotTell when there is a contract of that name."""
    from c360.printable import file_stem

    name = file_stem(draft.name)
    for folder in ("sources", "products"):
        if (contracts / folder / name).exists():
            raise CouldNotTell(
                f"There is a contract {name!r} in {contracts / folder / name}.",
                "Call the draft otherwise: --name NAME, or print it: --out -",
            )
    version = re.sub(r"[^0-9A-Za-z.+-]", "_", str(draft.document["version"]))
    return contracts / draft.layer / name / f"{version}.odcs.yaml"


def write(path: Path, text: str) -> None:
    """A new file. Raises CouldNotTell when there is one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise CouldNotTell(f"{path} is there already.", "Write elsewhere: --out FILE") from None
    except OSError as error:
        raise CouldNotTell(f"Cannot write {path}: {error.strerror}.", "Write elsewhere: --out FILE") from error
