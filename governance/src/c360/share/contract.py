"""The contract that a partner gets: only what is shared, as it is shared, with the terms; ODCS v3.2, pure."""

from decimal import Decimal
from typing import Any

from c360.clause.dialect import POSTGRES
from c360.contract.document import dicts
from c360.database import parameters
from c360.settings import Settings
from c360.share.models import LEVEL, PartnerColumn, partner_columns
from c360.share.noise import SURE, noises
from c360.share.policy import Policy

Address = dict[str, Any]
"""Host, port and database."""
_SILENT: Address = {"host": "localhost", "port": 5432, "database": "postgres"}
_LOGICAL = {"text": "string", "bigint": "integer", "integer": "integer", "date": "date"}


IN_THIS = " In this release "
"""What follows is of one release, and no promise."""


def contract_of(policy: Policy, schema: str, address: Address, held: str = "") -> dict[str, Any]:
    """The document; `schema` is where the view lies, at `address`, `held` what a release tells of labels that are held
    back. The same policy, contract and address give the same document."""
    ours = policy.contract.document
    table = policy.dataset.model
    kept = ("noticePeriod",)
    custom = [entry for entry in ours.get("customProperties") or [] if entry.get("property") in kept]
    people = (
        f"Groups of fewer than {policy.k} persons are left out, so totals are lower than ours. {_pseudonyms(policy)}"
    )
    if totals := policy.totals:
        people = (
            f"Totals of {len(totals.cells)} groups, with noise of differential privacy (discrete Laplace, by OpenDP). "
            f"A publication costs each person {totals.each} of epsilon, all of them {totals.total} at most. Numbers "
            "may be below 0, groups that nobody is in have numbers too, and who adds rows up adds their noise up."
        )
    if policy.consent:
        people = f"Only persons of whom {policy.consent.told} are in it. {people}"
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": f"{policy.contract.id}:partners:{policy.partner}",
        "name": f"{policy.partner}_{policy.dataset.name}",
        "version": policy.version,
        "status": "active",
        "description": {
            "purpose": policy.purpose,
            "usage": f"{policy.terms or 'As agreed.'} Legal basis: {policy.legal_basis} Until {policy.until}.",
            "limitations": f"{people}{held}",
        },
        "servers": [
            {"server": "view", "type": "postgres", **address, "schema": schema},
            {"server": "file", "type": "local", "path": f"{table}.parquet", "format": "parquet"},
        ],
        "team": {"name": str((ours.get("team") or {}).get("name", ""))},
        "support": [{"channel": policy.contact, "tool": "other"}],
        "slaProperties": [*policy.promised],
        "customProperties": [
            {"property": "sunset", "value": str(policy.until)},
            *_promised(policy),
            *custom,
        ],
        "schema": [
            {
                "name": table,
                "logicalType": "object",
                "physicalType": "view",
                "physicalName": table,
                "description": _about(policy),
                "properties": _properties(policy),
                "quality": _quality(policy),
            }
        ],
    }  # fmt: skip


def _about(policy: Policy) -> str:
    if policy.totals:
        groups = " and ".join(group.column.name for group in policy.totals.groups)
        return f"Totals of {policy.dataset.model} by {groups}: one row a group."
    return f"{policy.dataset.description.rstrip('.')}, as far as it is shared."


def _promised(policy: Policy) -> list[dict[str, Any]]:
    if totals := policy.totals:
        return [
            {"property": "epsilon", "value": float(totals.each)},
            {"property": "epsilonTotal", "value": float(totals.total)},
        ]
    return [{"property": "k", "value": policy.k}]


def _quality(policy: Policy) -> list[dict[str, Any]]:
    if policy.totals:
        return [
            {"id": "all_groups", "type": "library", "metric": "rowCount", "mustBe": len(policy.totals.cells),
             "description": "Each group is in it, with somebody or not."},
        ]  # fmt: skip
    return [
        {"id": "not_empty", "type": "library", "metric": "rowCount", "mustBeGreaterThan": 0,
         "description": "There is somebody in it."},
        {"id": "alike", "type": "sql", "query": _in_small_groups(policy), "mustBe": 0,
         "description": f"Each row is like {policy.k - 1} others at least, in all that somebody may be known by."},
    ]  # fmt: skip


def address_of(policy: Policy, settings: Settings) -> Address:
    """Where the partner finds the view: the `sharing.server` of c360.toml; in silence the server of C360_DATABASE_URL,
    unless only this machine reaches it; then the one that the contract of the product names."""
    if settings.file.server:
        return _parsed(settings.file.server)
    given = parameters(settings) if settings.database_url else {}
    if given and not is_local(given["host"]):
        return {"host": given["host"], "port": int(given["port"]), "database": given["dbname"]}
    named = (s for s in dicts(policy.contract.document.get("servers")) if s.get("type") == "postgres")
    return _SILENT | {key: value for key, value in next(named, {}).items() if key in _SILENT}


def is_local(host: str) -> bool:
    """Whether nobody else reaches it."""
    return host.startswith("/") or host in ("localhost", "::1") or host.startswith("127.")


def _parsed(server: str) -> Address:
    place, _, database = server.partition("/")
    host, _, port = place.rpartition(":")
    return {"host": host, "port": int(port), "database": database}


def _pseudonyms(policy: Policy) -> str:
    if not policy.linked:
        return "Each release has other pseudonyms: nobody can be followed from one to the next."
    return (
        f"Pseudonyms stay for {policy.window} releases at most. Meanwhile labels that fewer than {policy.k} would "
        "change alike are held back, sensitive and public ones stay as they were, and who left stays too."
    )


def _in_small_groups(policy: Policy) -> str:
    """How many groups of equal quasi-identifiers have fewer rows than k, of whoever reads the share."""
    alike = [one.name for one in partner_columns(policy) if one.shared is None or one.shared in policy.quasi]
    names = ", ".join(map(POSTGRES.quote, alike))
    groups = f" group by {names}" if names else ""
    return f"select count(*) from (select 1 as one from ${{table}}{groups} having count(*) < {policy.k}) as small"


def _properties(policy: Policy) -> list[dict[str, Any]]:
    found = [_property(one) for one in partner_columns(policy)]
    if totals := policy.totals:
        scales = [0, *(one.scale for one in totals.sums)]
        numbers = found[len(totals.groups) :]
        for entry, noise, scale in zip(numbers, noises(totals), scales, strict=True):
            bar = Decimal(noise.error_bar).scaleb(-scale)
            entry["description"] += f" In {SURE:.0%} of all cases it is off by {bar} at most."
            entry["customProperties"] = [{"property": "errorBar", "value": float(bar)}]
    return found


def _property(one: PartnerColumn) -> dict[str, Any]:
    number = "number" if one.physical_type.startswith("numeric") else "string"
    logical = one.shared.column.logical_type if one.shared else number
    found: dict[str, Any] = {
        "name": one.name,
        "description": one.description,
        "logicalType": _LOGICAL.get(one.physical_type, logical),
        "physicalType": one.physical_type,
        "classification": one.shared.column.classification if one.shared else "public",
        "required": one.required,
    }
    if one.name == LEVEL:
        found["logicalTypeOptions"] = {"minimum": 1, "maximum": 2}
    return found | ({"unique": True} if one.unique else {})
