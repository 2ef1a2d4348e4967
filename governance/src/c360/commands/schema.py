"""`c360 schema`."""

from importlib.resources import files

import click

from c360.errors import unknown


@click.command(
    epilog="""\b
Examples:
  c360 schema
  c360 schema policy > policy.schema.json
  c360 schema quarantine list"""
)
@click.argument("name", nargs=-1, metavar="[NAME]...")
def schema(name: tuple[str, ...]) -> None:
    """Print a JSON Schema: of what a command prints with --json, of a partner's policy, or of a consumer's file.

    NAME is a command, `policy` or `consumer`; without it, the names are listed. An editor that knows a file's schema
    completes it: the first line of a policy says `# yaml-language-server: $schema=policy.schema.json`.
    """
    folder = files("c360").joinpath("schemas")
    known = {
        file.name.removesuffix(".json").replace("-", " "): file
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".json")
    }
    wanted = " ".join(name)
    if not wanted:
        click.echo("\n".join(known))
    elif wanted not in known:
        raise unknown(f"There is no schema {wanted!r}.", wanted, known)
    else:
        click.echo(known[wanted].read_text(encoding="utf-8"), nl=False)
