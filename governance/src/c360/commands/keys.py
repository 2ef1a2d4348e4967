"""`c360 keys`."""

from typing import Any

import click

from c360.console import connected, json_option, print_json, print_table


@click.group(
    epilog="""\b
Examples:
  c360 keys create harbour_media
  c360 keys rotate harbour_media
  c360 keys retire harbour_media 1
  c360 keys list"""
)
def keys() -> None:
    """The keys of partners' pseudonyms. No key is ever shown: they are made in the database and stay there."""


@keys.command()
@click.argument("partner")
def create(partner: str) -> None:
    """Make the first key of PARTNER; c360 publish does it by itself."""
    from c360.share.keys import create as make

    made = make(_database(partner), partner)
    click.echo(f"{partner} has its first key." if made else f"{partner} has a key already.")


@keys.command()
@click.argument("partner")
def rotate(partner: str) -> None:
    """Make a new key of PARTNER: its next release has other pseudonyms, whatever its policy says."""
    from c360.share.keys import renew

    with _database(partner) as database, database.transaction(), database.cursor() as cursor:
        version = renew(cursor, partner)
    click.echo(f"{partner} has key {version}. The next release is by it: c360 publish {partner}")


@keys.command()
@click.argument("partner")
@click.argument("version", type=click.IntRange(1, 2**31 - 1))
def retire(partner: str, version: int) -> None:
    """Delete a key of PARTNER for good. Its pseudonyms cannot be made again."""
    from c360.share.keys import retire as end

    gone = end(_database(partner), partner, version)
    click.echo(f"Key {version} of {partner} is deleted{'' if gone else ' already'}.")


@keys.command("list")
@click.argument("partner", required=False)
@json_option
def show(partner: str | None, as_json: bool) -> None:
    """Which keys there are, since when, and until when."""
    from c360.share.keys import keys as all_keys

    there = all_keys(_database(None), partner)
    if partner is not None and not there:
        _database(partner)  # which says so, if nobody knows that partner
    if as_json:
        print_json([vars(key) for key in there])
        return
    rows = [
        [key.partner, str(key.version), f"{key.created:%Y-%m-%d}", f"{key.retires:%Y-%m-%d}" if key.retires else "",
         "deleted" if key.gone else "there"]
        for key in there
    ]  # fmt: skip
    print_table(["partner", "key", "created", "until", "is"], rows)


def _database(partner: str | None) -> Any:
    """The transformer's connection. Raises CouldNotTell for a partner that no policy names."""
    from c360.database.access import TRANSFORMER
    from c360.project import open_project
    from c360.share.publish import require_partner

    project = open_project()
    if partner is not None:
        require_partner(project, partner)
    return connected(project.settings, role=TRANSFORMER)
