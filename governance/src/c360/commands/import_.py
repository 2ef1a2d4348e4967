"""`c360 import`."""

from pathlib import Path

import click

from c360.errors import CouldNotTell


@click.command(
    "import",
    epilog="""\b
Examples:
  c360 import deliveries/orders.csv
  c360 import january.parquet --name readings
  c360 import orders.csv --out -""",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="What the contract is called; after the file when silent.")
@click.option("--out", metavar="FILE", help="Where to write; - prints. Silent: below the project's contracts folder.")
def import_(files: tuple[Path, ...], name: str | None, out: str | None) -> None:
    """Draft a contract from what there is: types, keys, values and classifications, proposed with their evidence.

    Sources are CSV and Parquet files. A draft holds counts and no value of the data; nothing is ever overwritten.
    """
    from c360.contract.classifications import classifications
    from c360.draft.delivery import from_delivery
    from c360.draft.write import as_yaml
    from c360.settings import load

    if len(files) > 1 and (name or (out and out != "-")):
        raise CouldNotTell("One name, or one --out FILE, is for one source.", "Import them one by one.")
    levels = classifications()
    for file in files:
        draft, _ = from_delivery(file, name or name_after(file), levels)
        text = as_yaml(draft)
        if out == "-":
            click.echo(text, nl=False)
            continue
        path = Path(out) if out else place(load().contracts, draft.name)
        write(path, text)
        click.echo(f"{path}: a draft. Check it, then: c360 lint")


def name_after(file: Path) -> str:
    """`2024 Orders.csv.gz` -> orders: what a table can be called."""
    import re

    stem = re.split(r"\.(?:csv|tsv|txt|parquet|json|sql|odcs|ya?ml)\b", file.name, flags=re.IGNORECASE)[0]
    plain = re.sub(r"\W+", "_", stem).strip("_").lower()[:60]
    return re.sub(r"^[\d_]+|[\d_]+$", "", plain) or "imported"


def place(contracts: Path, name: str, layer: str = "sources") -> Path:
    """Where a draft belongs. Raises CouldNotTell when there is a contract of that name."""
    from c360.draft.frame import VERSION

    for folder in ("sources", "products"):
        if (contracts / folder / name).exists():
            raise CouldNotTell(
                f"There is a contract {name!r} in {contracts / folder / name}.",
                "Call the draft otherwise: --name NAME, or print it: --out -",
            )
    return contracts / layer / name / f"{VERSION}.odcs.yaml"


def write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise CouldNotTell(f"{path} is there already.", "Write elsewhere: --out FILE") from None
    except OSError as error:
        raise CouldNotTell(f"Cannot write {path}: {error.strerror}.", "Write elsewhere: --out FILE") from error
