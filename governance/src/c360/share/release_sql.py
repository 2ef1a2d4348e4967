"""SQL of a release: who is published to a partner, with which labels; in it nobody stands alone.

A person is published with labels of a finer step where k persons have the same ones, else of a coarser one, else not at
all. A release has pseudonyms of its own, and nothing but these tells the rows of a group apart: so it is a table of
counts, from which nothing leads to the next. `release_linked` is of policies that let a partner follow people.
"""

from itertools import chain

from c360.generate.target import Target
from c360.generate.text import jinja_text
from c360.share import release_labels, release_linked
from c360.share.columns import Columns, Parts, grouped_by, listed, newest_key, select
from c360.share.ladder import Ladder
from c360.share.policy import Policy
from c360.share.sql import label, name_in_both


def release(policy: Policy, target: Target) -> str:
    """The query, after the model's config."""
    columns = Columns(policy)
    placed, alone, last = (
        ",\n\n".join(_cte(name, query) for name, query in parts)
        for parts in (
            chain(_each_canary(policy), _counted(policy, target, columns), _placed(policy, columns)),
            _alone(policy, columns),
            _everybody(policy, columns),
        )
    )
    compare, released = "", f"\n\n{alone},\n\n"
    if policy.linked:
        wanted = ", ".join(jinja_text(name) for name in columns.table)
        compare = f"{{%- set compare = {target.name}.last_release(this, [{wanted}]) %}}\n\n"
        after = ",\n\n".join(_cte(*part) for part in release_linked.compared(policy, columns, _known_by(policy)))
        released = f"\n{{%- if compare %}}\n\n{after},\n{{%- else %}}{released.rstrip()}\n{{%- endif %}}\n\n"
    return (
        f"{compare}with {placed},{released}{last}\n\n"
        "-- the order of rows would tell who came when, and who is a canary\n"
        f"select\n    *,\n    {newest_key(policy)} as key_version\nfrom everybody\norder by random()\n"
    )


def _cte(name: str, query: str) -> str:
    indented = "\n".join(f"    {line}" if line else "" for line in query.strip("\n").splitlines())
    return f"{name} as (\n\n{indented}\n\n)"


def _each_canary(policy: Policy) -> Parts:
    if policy.canaries:
        numbers = range(1, policy.canaries + 1)
        yield "each_canary", "\nunion all\n".join(f"select {n} as canary" for n in numbers)


def _ladders(policy: Policy) -> list[Ladder]:
    return [s.ladder for s in policy.quasi if s.ladder]


def _known_by(policy: Policy) -> list[str]:
    """What of a person tells the group that they are placed in."""
    numbered = list(enumerate(_ladders(policy), 1))
    return [f"f{n}" for n, _ in numbered] + [f"c{n}" for n, ladder in numbered if not ladder.of_fine]


def people(policy: Policy, target: Target) -> str:
    """Everybody, with the fine labels (f1, …), the coarse ones that are not made of those (c1, …), and the rest."""
    columns = Columns(policy)
    version = f", v={policy.dataset.major}" if policy.dataset.major is not None else ""
    found = [f"{name_in_both(target, policy.dataset.physical(policy.person))} as person"]
    for n, (ladder, shared) in enumerate(zip(_ladders(policy), policy.quasi, strict=True), 1):
        column = shared.column.physical_name
        found.append(f"{label(target, ladder.fine, column)} as f{n}")
        found += [f"{label(target, ladder.coarse, column)} as c{n}"] * (not ladder.of_fine)
    public = [name_in_both(target, s.column.physical_name) for s in policy.public]
    found += [f"{column} as {name}" for column, name in zip(public, columns.public, strict=True)]
    if (chosen := policy.sensitive_column) and chosen.ladder:
        found.append(f"{label(target, chosen.ladder.fine, chosen.column.physical_name)} as {columns.sensitive[0]}")
    model = f"ref({jinja_text(policy.dataset.model)}{version})"
    agreed = policy.consent and policy.consent.sql(target, policy.dataset.physical(policy.person))
    return f"{select(found)}from {{{{ {model} }}}}" + (f"\nwhere {agreed}" if agreed else "")


def _counted(policy: Policy, target: Target, columns: Columns) -> Parts:
    """How many are alike: in labels, in kinds of what is sensitive, and in what a canary needs a value of. What is read
    of everybody is read once; the rest is of groups, of which there are a few thousand."""
    yield "people", people(policy, target)
    known = [*_known_by(policy), *columns.public * bool(policy.canaries)]
    of_fine = {
        f"c{n}": label(target, ladder.coarse, f"f{n}") for n, ladder in enumerate(_ladders(policy), 1) if ladder.of_fine
    }
    alike = [*known, *columns.sensitive]
    counted = [*alike, *(f"{coarse} as {name}" for name, coarse in of_fine.items()), "count(*) as persons"]
    yield "counted_all" if columns.sensitive else "counted", f"{select(counted)}from people{grouped_by(alike)}"
    if columns.sensitive:
        yield from release_labels.counted(columns, [*known, *of_fine])


def _placed(policy: Policy, columns: Columns) -> Parts:
    """Who stands among how many, and so by which step: what a release would be if there were none before."""
    numbers = range(1, len(policy.quasi) + 1)
    f, c, known = [f"f{n}" for n in numbers], [f"c{n}" for n in numbers], _known_by(policy)
    whole = "whole"
    if policy.diversity.t is not None:
        yield whole, columns.shares("counted")
    yield "fine", columns.sound(f, "from counted", whole)
    not_fine = f"from counted\nleft join fine using ({listed(f)})"
    yield "coarse", columns.sound(c, f"{not_fine}\nwhere fine.f1 is null", whole)
    labels = [
        f"case when fine.f1 is null then counted.c{n} else counted.f{n} end as {name}"
        for n, name in enumerate(columns.quasi, 1)
    ]
    placed = [
        *(f"counted.{name}" for name in known),
        *labels,
        "case when fine.f1 is null then 2 else 1 end as step",
    ]
    yield (
        "candidates" if columns.sensitive else "placed",
        f"{select(placed, 'select distinct')}{not_fine}\nleft join coarse using ({listed(c)})\n"
        "where fine.f1 is not null or coarse.c1 is not null",
    )
    if columns.sensitive:
        yield from release_labels.settled(columns, known, columns.public * bool(policy.canaries))


def _where_placed(policy: Policy, columns: Columns, table: str) -> str:
    """Joins what is told of each person, or counted of them, with the group that they are placed in."""
    return f"from {columns.told(table)}\ninner join placed using ({listed(_known_by(policy))})"


def _alone(policy: Policy, columns: Columns) -> Parts:
    """What is released where nothing is compared; a path that begins is a group."""
    group, others = listed(columns.group, "placed"), columns.others
    begins = f"dense_rank() over (order by {group})"
    linked = [f"{begins} as {columns.path}", "0 as held"] * policy.linked
    alone = ["people.person", *(f"placed.{name}" for name in columns.group), *(f"people.{name}" for name in others)]
    yield "released", f"{select([*alone, *linked])}{_where_placed(policy, columns, 'people')}"
    if policy.canaries:
        own = [f"counted.{name}" for name in others]
        came = ["0 as last_path"] * policy.linked + [group, *own, *linked[:1], "sum(counted.persons) as persons"]
        yield "moved", f"{select(came)}{_where_placed(policy, columns, 'counted')}{grouped_by([group, *own])}"
        if policy.linked:
            new = ["each_canary.canary", "0 as last_path", *(f"moved.{name} as last_{name}" for name in others)]
            yield "canaries", f"{select(new)}from each_canary\nleft join moved\n    on moved.persons < 0"


def _everybody(policy: Policy, columns: Columns) -> Parts:
    """Canaries too: each in another one of the largest groups, with what most of it have. Where releases can be linked,
    a canary goes where most of its path go, and comes with others who are new."""
    shown = ["person", *columns.payload]
    everybody = f"{select([*shown, 'cast(null as int) as canary', *columns.linked])}from released"
    if policy.canaries:
        path = [columns.path] * policy.linked
        origin = ["last_path"] * policy.linked
        apart = f"partition by {listed(origin)} " * policy.linked
        group, others = listed(columns.group), columns.others
        moved = "moved"
        if others:
            in_group = f"partition by {listed([*origin, *columns.group])}"
            typical = [
                *(*origin, *columns.group, *others, *path),
                f"sum(persons) over ({in_group}) as persons",
                f"row_number() over ({in_group} order by persons desc, {listed(others)}) as nth",
            ]
            yield "typical", f"{select(typical)}from moved"
            moved = "typical\nwhere nth = 1"
        went = [
            *(*origin, *columns.group, *others, *path),
            f"row_number() over ({apart}order by persons desc, {group}) as place",
            f"count(*) over ({apart.strip()}) as places",
        ]
        yield "went", f"{select(went)}from {moved}"
        of_path = [f"went.{name}" for name in path] + ["0 as held"] * policy.linked
        canaries = "canaries" if policy.linked else "each_canary"
        own = [
            f"case canaries.last_path when 0 then went.{name} else canaries.last_{name} end as {name}"
            if policy.linked
            else f"went.{name}"
            for name in others
        ]
        nobody = ["null as person", *(f"went.{name}" for name in columns.group), *own, f"{canaries}.canary", *of_path]
        first = f"1 + mod({canaries}.canary - 1, went.places)"
        on = f"went.place = {first}"
        if policy.linked:
            on = (
                "canaries.last_path = went.last_path\n    and went.place\n"
                f"    = case canaries.last_path when 0 then {first} else 1 end"
            )
        everybody += f"\nunion all\n{select(nobody)}from {canaries}\ninner join went\n    on {on}"
    yield "everybody", everybody
