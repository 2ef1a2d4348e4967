"""Demo: the whole flow on invented deliveries, each stage as you would type it, and a summary."""

import click

from c360.console import as_of_option, clock


@click.command(
    epilog="""\b
Examples:
  c360 demo
  c360 demo --customers 500 --transactions 5000
  c360 demo --as-of 2026-03-01T12:00:00Z"""
)
@click.option("--customers", default=2_000, show_default=True)
@click.option("--transactions", default=20_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--clean", is_flag=True, help="Deliver without defects.")
@as_of_option
def demo(customers: int, transactions: int, seed: int, clean: bool, as_of: str | None) -> None:
    """Invent deliveries with defects, and take them from the contracts to the pages."""
    from c360.settings import load

    settings = load()
    now = clock(as_of)
    deliveries = settings.home / "demo" / f"{now:%Y-%m-%dT%H%M%S}"
    at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    later = ["--as-of", at]
    _run(
        "fake", f"--customers={customers}", f"--transactions={transactions}", f"--seed={seed}", f"--out={deliveries}",
        "--format=csv", f"--now={at}", *([] if clean else ["--defects"]),
    )  # fmt: skip
    _run("generate")
    _run("ingest", "contacts", str(deliveries / "contacts.csv"), *later)
    _run("ingest", "transactions", str(deliveries / "transactions.csv"), *later)
    _run("build", *later)
    _run("verify", *later)
    _run("publish")
    _run("report", *later)  # it links to the contract pages
    _run("status", *later)
    click.echo(f"Pages: {settings.site / 'contracts' / 'index.html'}")
    click.echo("Why rows are in quarantine: c360 quarantine list")


def _run(*arguments: str) -> None:
    """One command, shown as it would be typed; its error ends the demo with its own exit code."""
    from c360.cli import c360

    click.echo(click.style(f"$ c360 {' '.join(arguments)}", bold=True))
    c360.main(list(arguments), prog_name="c360", standalone_mode=False)
