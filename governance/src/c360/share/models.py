"""The models of a share: the release, private, and the view on it that the partner gets.

Pseudonyms are made when the view is read, and none is stored; a release knows the version of its key, so that a newer
one never makes pseudonyms of an older release. On Databricks it is a table, since Delta Sharing takes no view over keys
that stand behind a row filter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from c360.clause.dialect import POSTGRES
from c360.generate.dbt_models import data_type
from c360.generate.target import Target
from c360.generate.text import dbt_yaml, inert, jinja_text, jinja_value
from c360.printable import one_line
from c360.share.columns import Columns
from c360.share.keys import CANARY, TABLE, normalized
from c360.share.policy import Policy, SharedColumn
from c360.share.release_sql import release
from c360.share.sql import cast, in_both_dialects, name_in_both
from c360.share.totals import PERSONS, Totals

VARIABLE = "share"
"""Of dbt: the partner whose shares are made; none without it, in whatever project the package is installed."""
PRIVATE = "sharing"
"""The schema of releases, behind that of the target as dbt has it, where no partner looks."""
LEVEL = "generalization_level"
"""The column that tells by which step a row is published; only where there are two."""

literal = POSTGRES.literal


def totals_table(policy: Policy) -> tuple[str, str]:
    """The private table of totals, beside the keys: schema and name."""
    return TABLE.partition(".")[0], f"totals_{policy.name}"


@dataclass(frozen=True)
class PartnerColumn:
    """A column that the partner gets: its type, SQL over the release, and what it is made of (None: of no column)."""

    name: str
    physical_type: str
    sql: str
    description: str
    shared: SharedColumn | None = None
    required: bool = False
    unique: bool = False


def schema_of(policy: Policy) -> str:
    """The schema of a partner, behind that of the target."""
    return f"share_{policy.partner}"


def files(policy: Policy, target: Target) -> dict[str, str]:
    """What dbt makes of a policy: path below the project's root, and text."""
    folder, name = f"{target.package}/models/sharing", policy.name
    if policy.totals:
        return {
            f"{folder}/share_{name}.sql": _share_of_totals(policy, target),
            f"{folder}/{name}.yml": f"# {_origin(policy)}\n" + dbt_yaml({"version": 2, "models": [_shared(policy)]}),
        }
    hints = jinja_text(PLANNER, '"')
    planner = f"pre_hook=({hints} if target.type == 'postgres' else '')"
    head = _head(policy, jinja_text("table"), PRIVATE, planner)
    return {
        f"{folder}/release_{name}.sql": f"{head}\n\n{release(policy, target)}",
        f"{folder}/share_{name}.sql": _share(policy, target),
        f"{folder}/{name}.yml": f"# {_origin(policy)}\n" + _properties(policy, target),
        f"{target.package}/macros/contracts/k_anonymous.sql": _TEST,
    } | ({f"{target.package}/macros/contracts/last_release.sql": _LAST} if policy.linked else {})


PLANNER = (
    "set local work_mem = '256MB'; set local jit = off; set local parallel_tuple_cost = 0; "
    "set local enable_mergejoin = off; set local enable_nestloop = off"
)
"""Of Postgres, while it makes a release: memory to sort everybody in, and hints, since it takes a person's labels for
independent of each other, expects a row or two, and would loop over all of them."""


def _origin(policy: Policy) -> str:
    what = f"{policy.path.name} ({policy.partner}, {policy.contract.label})"
    return one_line(f"Generated from {what}. Do not edit; run: c360 generate")


def _head(policy: Policy, materialized: str, schema: str, *more: str) -> str:
    enabled = f"enabled=(var('{VARIABLE}', none) == {jinja_text(policy.partner)})"
    lines = [f"materialized={materialized}", f"schema={jinja_text(schema)}", *more, enabled]
    return f"{{#- {_origin(policy)} -#}}\n{{{{ config(\n    " + ",\n    ".join(lines) + "\n) }}"


def partner_columns(policy: Policy) -> list[PartnerColumn]:
    """What the partner gets, in the order of the policy."""
    if policy.totals:
        return list(_columns_of_totals(policy.totals))
    columns = Columns(policy)
    quasi, public, sensitive = iter(columns.quasi), iter(columns.public), iter(columns.sensitive)
    found = []
    for shared in policy.columns:
        about = (shared.column.description or shared.column.name).rstrip(".")
        if shared.how == "pseudonym":
            stays = f"the same for {policy.window} releases at most" if policy.linked else "other ones in each release"
            told = f"Tells persons apart, for {policy.partner} alone; {stays}. HMAC-SHA-256, in hexadecimal."
            found.append(PartnerColumn(shared.name, "text", "", told, shared, required=True, unique=True))
        elif shared.how == "as_is":
            found.append(PartnerColumn(shared.name, shared.column.physical_type, next(public), f"{about}.", shared))
        elif ladder := shared.ladder:
            fine, coarse = ladder.descriptions
            is_quasi = shared in policy.quasi
            sql = ladder.shown(next(quasi), "step") if is_quasi else ladder.shown(next(sensitive), "1")
            wider = f", {coarse} where few are alike" if ladder.has_two_steps and is_quasi else ""
            told = f"{about}; {fine}{wider}.{_ends(shared)}"
            told += "" if is_quasi else f" Empty where fewer than {policy.k} have it."
            found.append(PartnerColumn(shared.name, ladder.physical_type, sql, told, shared))
    if policy.has_steps:
        about = "1 where the row has the finer of what is described, 2 where it has the coarser."
        found.append(PartnerColumn(LEVEL, "integer", "step", about, required=True))
    return found


def _columns_of_totals(totals: Totals) -> Iterator[PartnerColumn]:
    for group in totals.groups:
        about = (group.column.description or group.column.name).rstrip(".")
        bands = f"; {group.ladder.descriptions[0]}" if group.ladder else ""
        ends = _ends(SharedColumn(group.column, "generalize", group.ladder))
        empty = "Empty for who has none, or one that is in no other row."
        yield PartnerColumn(group.column.name, "text", group.column.name, f"{about}{bands}.{ends} {empty}")
    noisy = "with noise, so it may be below 0"
    yield PartnerColumn(PERSONS, "bigint", PERSONS, f"How many persons, {noisy}.", required=True)
    for one in totals.sums:
        about = f"Sum of {one.column.name} over these persons, {noisy}."
        yield PartnerColumn(one.name, one.physical_type, one.name, about, required=True)


def _ends(shared: SharedColumn) -> str:
    """Which end of a band is in it."""
    if not (shared.ladder and shared.ladder.name.startswith("band_")):
        return ""
    if shared.column.logical_type == "integer":
        return " Both ends of a band are in it."
    return " The lower end of a band is in it, the upper one in the next."


def _share(policy: Policy, target: Target) -> str:
    person = in_both_dialects(target, lambda dialect: normalized(f"cast(person as {dialect.type_of('text')})"))
    if policy.canaries:
        nobody = in_both_dialects(
            target, lambda dialect: f"{literal(CANARY)} || cast(canary as {dialect.type_of('text')})"
        )
        person = f"coalesce({person}, {nobody})"

    pseudonym = in_both_dialects(
        target, lambda dialect: dialect.hmac("keys.inner_pad", "keys.outer_pad", dialect.utf8("released.known_by"))
    )
    lines = []
    for one in partner_columns(policy):
        is_pseudonym = one.shared is not None and one.shared.how == "pseudonym"
        value = pseudonym if is_pseudonym else cast(target, one.sql, one.physical_type)
        lines.append(f"{value} as {name_in_both(target, one.name)}")
    listed = ",\n    ".join(lines)
    view = f"{target.name}.by_engine({jinja_value({'postgres': 'view', 'databricks': 'table'})})"
    return f"""{_head(policy, view, schema_of(policy), f"alias={jinja_text(policy.dataset.model)}")}

with released as (

    select
        *,
        {person} as known_by
    from {{{{ ref('release_{policy.name}') }}}}

)

select
    {listed}
from released
inner join {TABLE} as keys
    on released.key_version = keys.version and keys.partner = {literal(policy.partner)}
where {_not_ended(policy, target)}
"""


def _share_of_totals(policy: Policy, target: Target) -> str:
    """On Postgres alone, where the totals are made (`release_totals`)."""
    listed = ",\n    ".join(inert(POSTGRES.quote(one.name)) for one in partner_columns(policy))
    head = _head(policy, jinja_text("view"), schema_of(policy), f"alias={jinja_text(policy.dataset.model)}")
    return f"""{head}

select
    {listed}
from {inert(".".join(map(POSTGRES.quote, totals_table(policy))))}
where {_not_ended(policy, target)}
"""


def _not_ended(policy: Policy, target: Target) -> str:
    today = in_both_dialects(  # whatever clock a run is told, and whatever zone a partner sets
        target, lambda dialect: f"cast({dialect.in_utc('current_timestamp', 'timestamp with time zone')} as date)"
    )
    return f"{today} <= date {literal(str(policy.until))}"


def _properties(policy: Policy, target: Target) -> str:
    columns = Columns(policy)
    asked: dict[str, Any] = {"columns": columns.group, "k": policy.k}
    if columns.sensitive:
        (label,), how = columns.sensitive, policy.diversity
        asked |= {"sensitive": label, "no_value": columns.none, "holds": " and ".join(how.weighed(label, columns.none))}
    alone = [*columns.sensitive, *[columns.path] * policy.linked]
    tested = [asked, *({"columns": [name], "k": policy.k} for name in alone)]
    about = f"What {policy.partner} is given of {policy.dataset.model}"
    models = [
        {
            "name": f"release_{policy.name}",
            "description": f"{about}, with who it is about. Private.",
            "data_tests": [{"k_anonymous": {"arguments": one}} for one in tested],
        },
        _shared(policy),
    ]
    return dbt_yaml({"version": 2, "models": models})


def _shared(policy: Policy) -> dict[str, Any]:
    """The properties of the view."""
    entries = []
    for one in partner_columns(policy):
        entry: dict[str, Any] = {
            "name": one.name,
            "data_type": data_type(one.physical_type),
            "description": one.description,
        }
        tests = ["not_null"] * one.required + ["unique"] * one.unique
        entries.append(entry | ({"data_tests": tests} if tests else {}))
    return {
        "name": f"share_{policy.name}",
        "description": f"What {policy.partner} gets of {policy.dataset.model}: {policy.purpose}",
        "config": {"contract": {"enforced": True}},
        "columns": entries,
    }


_TEST = """{#- Generated from policies of partners. Do not edit; run: c360 generate -#}
{% test k_anonymous(model, columns, k, sensitive=none, no_value=none, holds=none) %}
    {#- Groups of equal quasi-identifiers with fewer than k persons, or whose sensitive labels do not hold what is asked
    of them: a condition over one row a label. -#}
    {%- set group = columns | join(", ") %}
    select {{ group }}
    from {{ model }}
    group by {{ group }}
    having count(distinct person) < {{ k }}
    {%- if sensitive %}
    union all
    select {{ group }}
    from (
        select
            {{ group }},
            {{ sensitive }},
            count(*) as persons,
            sum(count(*)) over (partition by {{ group }}) as size,
            row_number() over (
                partition by {{ group }}
                order by case {{ sensitive }} when {{ no_value }} then 0 else count(*) end desc
            ) as place,
            1.0 * sum(count(*)) over (partition by {{ sensitive }}) / sum(count(*)) over () as share
        from {{ model }}
        where person is not null
        group by {{ group }}, {{ sensitive }}
    ) as labels
    group by {{ group }}
    having not ({{ holds }})
    {%- endif %}
{% endtest %}
"""
_LAST = """{#- Generated from policies of partners. Do not edit; run: c360 generate -#}
{% macro last_release(relation, columns) %}
    {#- Whether there is a release with these columns, for the next one to be compared with. -#}
    {%- set last = load_relation(relation) if flags.INTROSPECT != false else none -%}
    {%- if last and target.type == "spark" and config.get("file_format") != "delta" and flags.WHICH != "compile" -%}
        {{ exceptions.raise_compiler_error("Without Delta, Spark drops the last release before it can be compared.") }}
    {%- endif -%}
    {{ return(last and (adapter.get_columns_in_relation(last) | map(attribute="name") | list) == columns) }}
{% endmacro %}
"""
