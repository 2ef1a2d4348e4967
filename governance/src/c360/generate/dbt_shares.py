"""The models of a share: the release, private, in which nobody stands alone, and the view on it that the partner gets.

A person is published with labels of a finer step where k persons have the same ones, else of a coarser one, else not at
all. Pseudonyms stay, so whoever holds two releases sees who went from which group to which: k persons at least go the
same way, or the groups stay as they were. Where that cannot be had group by group, the whole release stays as it was.
"""

from collections.abc import Callable
from typing import Any

from c360.clause.dialect import DATABRICKS, POSTGRES, Dialect
from c360.generate.dbt_models import data_type
from c360.generate.dbt_tests import by_engine
from c360.generate.target import Target
from c360.generate.text import dbt_yaml, jinja_text, jinja_value
from c360.printable import one_line
from c360.share.keys import TABLE
from c360.share.policy import Policy, Shared

VARIABLE = "share"
"""Of dbt: the partner whose shares are made; none without it, in whatever project the package is installed."""
PRIVATE = "sharing"
"""The schema of releases, behind that of the target as dbt has it, where no partner looks."""

literal = POSTGRES.literal


def schema_of(policy: Policy) -> str:
    """The schema of a partner, behind that of the target."""
    return f"share_{policy.partner}"


def files(policy: Policy, target: Target) -> dict[str, str]:
    """What dbt makes of a policy: path below the project's root, and text."""
    folder, name = f"{target.package}/models/sharing", policy.name
    return {
        f"{folder}/release_{name}.sql": _release(policy, target),
        f"{folder}/share_{name}.sql": _share(policy, target),
        f"{folder}/{name}.yml": f"# {_origin(policy)}\n" + _properties(policy, target),
        f"{target.package}/macros/contracts/k_anonymous.sql": _TEST,
        f"{target.package}/macros/contracts/last_release.sql": _LAST,
    }


def _origin(policy: Policy) -> str:
    what = f"{policy.path.name} ({policy.partner}, {policy.contract.label})"
    return one_line(f"Generated from {what}. Do not edit; run: c360 generate")


def _config(policy: Policy, materialized: str, schema: str, *more: str) -> str:
    enabled = f"enabled=(var('{VARIABLE}', none) == {jinja_text(policy.partner)})"
    lines = [f"materialized='{materialized}'", f"schema={jinja_text(schema)}", *more, enabled]
    return "{{ config(\n    " + ",\n    ".join(lines) + "\n) }}"


def _lines(parts: list[str], indent: int = 8) -> str:
    return ("\n" + " " * indent).join(parts)


def _in_both(target: Target, sql: Callable[[Dialect], str]) -> str:
    """The same on every engine, or dbt's choice of it."""
    texts = by_engine(sql(POSTGRES), sql(DATABRICKS))
    return texts["any"] if "any" in texts else f"{{{{ {target.name}.by_engine({jinja_value(texts)}) }}}}"


def _label(target: Target, shared: Shared, step: int) -> str:
    assert shared.ladder is not None
    label, name = shared.ladder.labels[step], shared.column.physical_name
    return _in_both(target, lambda dialect: label(dialect, dialect.quote(name)))


def _cast(target: Target, expression: Callable[[Dialect], str], kind: str) -> str:
    return _in_both(target, lambda dialect: f"cast({expression(dialect)} as {dialect.type_of(kind)})")


def _as_text(target: Target, name: str) -> str:
    return _cast(target, lambda dialect: dialect.quote(name), "text")


def _sensitive(policy: Policy) -> Shared | None:
    return next((s for s in policy.columns if s.column.name == policy.sensitive), None)


def _public(policy: Policy) -> list[Shared]:
    return [s for s in policy.columns if s.how == "as_is"]


def _release(policy: Policy, target: Target) -> str:
    """Columns: person, pseudonyms, labels `q1`, … of quasi-identifiers, `a1`, … as they are, `s` sensitive, step."""
    numbers = range(1, len(policy.quasi) + 1)
    q = [f"q{n}" for n in numbers] or ["q0"]
    public = _public(policy)
    a = [f"a{n}" for n in range(1, len(public) + 1)]
    fine = [(_label(target, s, 0), _label(target, s, 1)) for s in policy.quasi] or [("''", "''")]
    numbers = range(1, len(fine) + 1)
    sensitive = _sensitive(policy)
    kinds = "count(distinct s)" if policy.l > 1 else "1"
    sound = f"count(*) >= {policy.k}" + (f" and count(distinct s) >= {policy.l}" if policy.l > 1 else "")
    columns = ["person", *q, *a, "s", "step"]

    def pairs(left: str, right: str, names: list[str] = q) -> str:
        return " and ".join(f"{left}.{name} = {right}.{name}" for name in names)

    person = policy.dataset.physical(policy.person or "")
    people = [
        f"{_as_text(target, person)} as person,",
        *(f"{label} as f{n},\n        {wider} as c{n}," for n, (label, wider) in zip(numbers, fine, strict=True)),
        *(f"{_as_text(target, s.column.physical_name)} as {name}," for name, s in zip(a, public, strict=True)),
        f"{_label(target, sensitive, 0) if sensitive else literal('')} as s",
    ]
    is_fine = f"fine.persons >= {policy.k} and fine.kinds >= {policy.l}"
    placed = [
        "people.person,",
        f"{is_fine} as is_fine,",
        *(f"case when {is_fine} then people.f{n} else people.c{n} end as q{n}," for n in numbers),
        *(f"people.{name}," for name in a),
        "people.s",
    ]
    if not policy.quasi:
        placed = [line.replace("as q1,", "as q0,") for line in placed]
    until = _in_both(target, lambda dialect: dialect.in_utc("older.retires", "timestamp with time zone"))

    def pseudonym(age: str) -> str:
        pads = f"keys.{age}inner_pad", f"keys.{age}outer_pad"
        person = "lower(trim(released.person))"
        return _in_both(target, lambda dialect: dialect.hmac(*pads, dialect.utf8(person)))

    version = f", v={policy.dataset.major}" if policy.dataset.major is not None else ""
    wanted = ["person", "pseudonym", "pseudonym_previous", *q, *a, "s", "step"]
    return f"""{{#- {_origin(policy)} -#}}
{_config(policy, "table", PRIVATE)}

{{%- set compare = {target.name}.last_release(this, {wanted}) %}}

with people as (

    select
        {_lines(people)}
    from {{{{ ref({jinja_text(policy.dataset.model)}{version}) }}}}

),

fine as (

    select
        {_lines([f"f{n}," for n in numbers])}
        count(*) as persons,
        {kinds} as kinds
    from people
    group by {", ".join(f"f{n}" for n in numbers)}

),

placed as (

    select
        {_lines(placed)}
    from people
    inner join fine on {" and ".join(f"people.f{n} = fine.f{n}" for n in numbers)}

),

coarse as (

    select
        {_lines([f"{name}," for name in q])}
        count(*) as persons,
        {kinds} as kinds
    from placed
    where not is_fine
    group by {", ".join(q)}

),

grouped as (

    select
        {_lines([f"placed.{name}," for name in columns[:-1]])}
        case when placed.is_fine then 1 else 2 end as step
    from placed
    left join coarse on {pairs("placed", "coarse")} and not placed.is_fine
    where placed.is_fine or (coarse.persons >= {policy.k} and coarse.kinds >= {policy.l})

),
{{%- if compare %}}

last as (

    select {", ".join(f"released.{name}" for name in columns)}
    from {{{{ this }}}} as released
    inner join (
        select {", ".join(q)}
        from {{{{ this }}}}
        group by {", ".join(q)}
        having {sound}
    ) as sound on {pairs("released", "sound")}

),

ways as (

    select
        {_lines([f"grouped.{name} as {name}," for name in q])}
        {_lines([f"last.{name} as last_{name}," for name in q])}
        count(*) as persons
    from grouped
    full join last on grouped.person = last.person
    group by {", ".join(f"grouped.{name}, last.{name}" for name in q)}

),

touched as (

    select {", ".join(q)}
    from ways
    where persons < {policy.k}
    union
    select {", ".join(f"last_{name}" for name in q)}
    from ways
    where persons < {policy.k}

),

held as (

    select last.*
    from last
    inner join touched on {pairs("last", "touched")}

),

mixed as (

    select grouped.*
    from grouped
    left join touched on {pairs("grouped", "touched")}
    left join held on grouped.person = held.person
    where touched.{q[0]} is null and held.person is null
    union all
    select held.*
    from held

),

unsound as (

    select 1 as found
    from mixed
    group by {", ".join(q)}
    having not ({sound})
    union all
    select 1 as found
    from mixed
    full join last on mixed.person = last.person
    group by {", ".join(f"mixed.{name}, last.{name}" for name in q)}
    having count(*) < {policy.k}

),

released as (

    select mixed.*
    from mixed
    where not exists (select unsound.found from unsound)
    union all
    select last.*
    from last
    where exists (select unsound.found from unsound)

),
{{%- else %}}

released as (

    select * from grouped

),
{{%- endif %}}

keys as (

    select
        newest.inner_pad,
        newest.outer_pad,
        older.inner_pad as old_inner_pad,
        older.outer_pad as old_outer_pad
    from {TABLE} as newest
    left join {TABLE} as older
        on
            newest.partner = older.partner
            and newest.version = older.version + 1
            and {until} > {{{{ {target.name}.now_utc() }}}}
    where
        newest.partner = {literal(policy.partner)}
        and newest.version = (select max(version) from {TABLE} where partner = {literal(policy.partner)})

)

select
    released.person,
    {pseudonym("")} as pseudonym,
    {pseudonym("old_")} as pseudonym_previous,
    {_lines([f"released.{name}," for name in columns[1:-1]], 4)}
    released.step
from released
cross join keys
"""


def shared_columns(policy: Policy) -> list[tuple[str, str, str, Shared]]:
    """What the partner gets: name, physical type, the expression over the release, and where it comes from."""
    found, q, a = [], 0, 0
    for shared in policy.columns:
        if shared.how == "pseudonym":
            found.append((shared.name, "text", "pseudonym", shared))
            found.append((f"{shared.name}_previous", "text", "pseudonym_previous", shared))
        elif shared.how == "as_is":
            a += 1
            found.append((shared.name, shared.column.physical_type, f"a{a}", shared))
        elif shared.ladder is not None and shared.column.name == policy.sensitive:
            found.append((shared.name, shared.ladder.physical_type, "nullif(s, '')", shared))
        elif shared.ladder is not None:
            q += 1
            found.append((shared.name, shared.ladder.physical_type, f"nullif(q{q}, '')", shared))
    return found


def _share(policy: Policy, target: Target) -> str:
    columns = []
    for name, physical, expression, _ in shared_columns(policy):
        value = _cast(target, lambda dialect, expression=expression: expression, physical)  # type: ignore[misc]
        columns.append(f"{value} as {_in_both(target, lambda dialect, name=name: dialect.quote(name))}")  # type: ignore[misc]
    config = _config(policy, "view", schema_of(policy), f"alias={jinja_text(policy.dataset.model)}")
    return (
        f"{{#- {_origin(policy)} -#}}\n{config}\n\nselect\n    "
        + ",\n    ".join(columns)
        + f"\nfrom {{{{ ref('release_{policy.name}') }}}}\n"
    )


def _properties(policy: Policy, target: Target) -> str:
    quasi = [f"q{n}" for n in range(1, len(policy.quasi) + 1)] or ["q0"]
    held = {f"{target.name}.k_anonymous": {"arguments": {"columns": quasi, "k": policy.k, "l": policy.l}}}
    columns = []
    for name, physical, _, shared in shared_columns(policy):
        entry: dict[str, Any] = {
            "name": name,
            "data_type": data_type(physical),
            "description": describe(policy, name, shared),
        }
        if shared.how == "pseudonym" and not name.endswith("_previous"):
            entry["data_tests"] = ["not_null", "unique"]
        columns.append(entry)
    models = [
        {
            "name": f"release_{policy.name}",
            "description": f"What {policy.partner} is given of {policy.dataset.model}, with who it is about. Private.",
            "data_tests": [{"k_anonymous": next(iter(held.values()))}],
        },
        {
            "name": f"share_{policy.name}",
            "description": f"What {policy.partner} gets of {policy.dataset.model}: {policy.purpose}",
            "config": {"contract": {"enforced": True}},
            "columns": columns,
        },
    ]
    return dbt_yaml({"version": 2, "models": models})


def describe(policy: Policy, name: str, shared: Shared) -> str:
    """What a column is for the partner."""
    about = shared.column.description.rstrip(".") or shared.column.name
    if shared.how == "pseudonym":
        old = "; by the key before, while both are published" if name.endswith("_previous") else ""
        return f"Tells persons apart, for {policy.partner} alone{old}. HMAC-SHA-256, in hexadecimal."
    if shared.ladder is None:
        return f"{about}."
    fine, coarse = shared.ladder.words
    wider = "" if coarse == fine or shared.column.name == policy.sensitive else f", {coarse} where few are alike"
    return f"{about}; {fine}{wider}."


_TEST = """{#- Generated for c360 shares. Do not edit; run: c360 generate -#}
{% test k_anonymous(model, columns, k, l) %}
    {#- Groups of equal quasi-identifiers with fewer than k persons, or fewer than l kinds of what is sensitive. -#}
    select {{ columns | join(", ") }}
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(distinct person) < {{ k }} or count(distinct s) < {{ l }}
{% endtest %}
"""
_LAST = """{#- Generated for c360 shares. Do not edit; run: c360 generate -#}
{% macro last_release(relation, columns) %}
    {#- Whether there is a release with these columns, for the next one to be compared with. -#}
    {%- set last = load_relation(relation) if flags.INTROSPECT != false else none -%}
    {%- if last and target.type == "spark" and config.get("file_format") != "delta" and flags.WHICH != "compile" -%}
        {{ exceptions.raise_compiler_error("Without Delta, Spark drops the last release before it can be compared.") }}
    {%- endif -%}
    {{ return(last and (adapter.get_columns_in_relation(last) | map(attribute="name") | list) == columns) }}
{% endmacro %}
"""
