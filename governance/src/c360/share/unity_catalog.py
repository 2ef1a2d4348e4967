"""SQL for Unity Catalog, a file a partner: keys, who sees what, and the Delta Sharing share. Nothing here runs it.

What is shared carries no row filter and no column mask, since Delta Sharing takes no such table: they stand before the
keys, and before the product that the share is made of.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from c360.clause.dialect import DATABRICKS
from c360.contract.document import dicts
from c360.generate.target import Target
from c360.generate.text import slug
from c360.model import Column
from c360.printable import one_line
from c360.share.keys import TABLE
from c360.share.models import PRIVATE, schema_of
from c360.share.policy import Policy

TRANSFORMERS, READERS = "c360_transformers", "c360_readers"
"""Groups of the account: who runs dbt, and who reads whole products."""
SCOPE = "c360"
"""Of secrets."""

name, text = DATABRICKS.quote, DATABRICKS.string


def hmac_pads(key: str) -> str:
    """SQL of the two pads of a key, an expression of at most 64 bytes: inner, outer, as RFC 2104 has them."""
    digits = f"rpad(hex({key}), 128, '0')"

    def pad(byte: int) -> str:
        one = f"lpad(hex(cast(conv(substr({digits}, place, 2), 16, 10) as int) ^ {byte}), 2, '0')"
        return f"unhex(array_join(transform(sequence(1, 127, 2), place -> {one}), ''))"

    return f"{pad(0x36)}, {pad(0x5C)}"


def files(policies: Sequence[Policy], target: Target) -> dict[str, str]:
    """A file for each partner whose products lie on Databricks too: path below the project's root, and text."""
    by_partner: dict[str, list[tuple[Policy, dict[str, Any]]]] = {}
    for policy in policies:
        if policy.totals:  # made on Postgres alone
            continue
        server = next((s for s in dicts(policy.contract.document.get("servers")) if s.get("type") == "databricks"), {})
        if server.get("catalog") and server.get("schema"):
            by_partner.setdefault(policy.partner, []).append((policy, server))
    return {f"{target.unity_catalog}/{partner}.sql": _script(shares) for partner, shares in by_partner.items()}


def _script(shares: list[tuple[Policy, dict[str, Any]]]) -> str:
    partner = shares[0][0].partner
    origin = ", ".join(f"{policy.path.name} ({policy.partner}, {policy.contract.label})" for policy, _ in shares)
    said = f"-- {one_line(f'Generated from {origin}. Do not edit; run: c360 generate')}\n"
    said += "-- It never ran on a workspace. How and when to run it: docs/databricks.md, Shares.\n"
    catalog = str(shares[0][1]["catalog"])
    parts = [("Once, before dbt makes the share", _keys(partner, catalog))]
    parts += [
        (f"{policy.dataset.name}, for who may see all of it", _masks(policy, server)) for policy, server in shares
    ]
    parts += [("Once the share is made", _sharing(shares))]
    for title, statements in parts:
        said += f"\n-- {one_line(title)}\n" + "".join(f"{statement};\n" for statement in statements)
    ends = ", ".join(f"{policy.dataset.name} {policy.until}" for policy, _ in shares)
    last = "".join(f"-- {statement};\n" for statement in _end(shares))
    return f"{said}\n-- {one_line(f'To withdraw it, after the last day ({ends}) or before')}\n{last}"


def _keys(partner: str, catalog: str) -> Iterator[str]:
    """The first key, out of the secret `<partner>_1` of 64 hexadecimal digits: it stands in no text."""
    schema, table = (f"{name(catalog)}.{part}" for part in (TABLE.partition(".")[0], TABLE))
    yield f"create schema if not exists {schema}"
    yield (
        f"create table if not exists {table} (partner string not null, version int not null, inner_pad binary, "
        "outer_pad binary, created timestamp, retires timestamp)"
    )
    yield (
        f"create or replace function {schema}.is_transformer(partner string) returns boolean "
        f"return is_account_group_member({text(TRANSFORMERS)})"
    )
    yield f"alter table {table} set row filter {schema}.is_transformer on (partner)"
    secret = f"unhex(secret({text(SCOPE)}, {text(f'{partner}_1')}))"
    yield (
        f"insert into {table} select {text(partner)}, 1, {hmac_pads('given.secret_key')}, current_timestamp(), null "
        f"from (select {secret} as secret_key) as given "
        f"where not exists (select 1 from {table} where partner = {text(partner)} and version = 1)"
    )


def _masks(policy: Policy, server: dict[str, Any]) -> Iterator[str]:
    """Whoever is in neither group sees nulls in the product, but for columns that are shared as they are."""
    functions = f"{name(str(server['catalog']))}.{TABLE.partition('.')[0]}"
    table = f"{_schema(server)}.{name(policy.dataset.table)}"
    public = [shared.column for shared in policy.columns if shared.how == "as_is"]
    masked = [column for column in policy.dataset.columns if column not in public]
    for kind in dict.fromkeys(map(_type, masked)):
        yield (
            f"create or replace function {functions}.{_mask(kind)}(value {kind}) returns {kind} "
            f"return case when is_account_group_member({text(TRANSFORMERS)}) "
            f"or is_account_group_member({text(READERS)}) then value end"
        )
    for column in masked:
        place = f"{table} alter column {name(column.physical_name)}"
        yield f"alter table {place} set mask {functions}.{_mask(_type(column))}"


def _type(column: Column) -> str:
    return DATABRICKS.type_of(column.physical_type)


def _mask(kind: str) -> str:
    return f"only_readers_{slug(kind).strip('_')}"


def _sharing(shares: list[tuple[Policy, dict[str, Any]]]) -> Iterator[str]:
    policy, _ = shares[0]
    share, recipient = _share_of(policy), _recipient_of(policy)
    yield f"create share if not exists {share} comment {text(one_line(policy.purpose))}"
    for policy, server in shares:
        yield f"alter share {share} add table {_table(policy, server)} as {_alias(policy)}"
    yield f"create recipient if not exists {recipient} comment {text(one_line(policy.contact))}"
    yield f"grant select on share {share} to recipient {recipient}"


def _end(shares: list[tuple[Policy, dict[str, Any]]]) -> Iterator[str]:
    for policy, server in shares:
        yield f"alter share {_share_of(policy)} remove table {_alias(policy)}"
        yield f"drop table if exists {_table(policy, server)}"
        yield f"drop table if exists {_schema(server, PRIVATE)}.release_{policy.name}"
    policy, _ = shares[0]
    yield f"revoke select on share {_share_of(policy)} from recipient {_recipient_of(policy)}"


def _schema(server: dict[str, Any], behind: str = "") -> str:
    """The schema of products, or another behind it, as dbt names these."""
    return f"{name(str(server['catalog']))}.{name('_'.join(filter(None, (str(server['schema']), behind))))}"


def _table(policy: Policy, server: dict[str, Any]) -> str:
    return f"{_schema(server, schema_of(policy))}.{name(policy.dataset.model)}"


def _alias(policy: Policy) -> str:
    """What the partner calls the table."""
    return f"{policy.partner}.{name(policy.dataset.model)}"


def _share_of(policy: Policy) -> str:
    return f"c360_{policy.partner}"


def _recipient_of(policy: Policy) -> str:
    return f"c360_partner_{policy.partner}"
