"""SQL of a release: who is published to a partner, with which labels.

In it nobody stands alone, and no difference to the release before points at anybody.

A person is published with labels of a finer step where k persons have the same ones, else of a coarser one, else not at
all. Pseudonyms stay, so whoever holds two releases sees who went from which group to which: k persons at least go the
same way, or they stay where they were until more do. Where too few would stay, nobody leaves.
"""

from collections.abc import Iterator
from itertools import chain

from c360.generate.target import Target
from c360.generate.text import jinja_text, slug
from c360.share.ladder import Ladder
from c360.share.policy import Policy
from c360.share.sql import label, name_in_both

ROUNDS = 3
"""How often groups are closed for holding too few kinds of what is sensitive, which closing others may bring about; if
the last time finds another one, the whole release stays as it was."""
TIMES = ("now", "last")


class Columns:
    """Of a release: `person`, the labels of quasi-identifiers, `step` (1 or 2), public columns, the sensitive label,
    and `canary`, the number of one, whose person is null.

    A name says of which ladder or type a column is, so a release of another policy is told by its columns.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.quasi = [f"q{n}_{s.ladder.name}" for n, s in enumerate(policy.quasi, 1) if s.ladder]
        self.public = [f"a{n}_{slug(s.column.physical_type)}" for n, s in enumerate(policy.public, 1)]
        chosen = policy.sensitive_column
        self.sensitive = [f"s_{chosen.ladder.name}"] if chosen and chosen.ladder else []
        self.group = [*self.quasi, "step"]
        self.others = [*self.public, *self.sensitive]
        self.payload = [*self.group, *self.others]

    @property
    def all(self) -> list[str]:
        return ["person", *self.payload]

    @property
    def table(self) -> list[str]:
        """Those of the table that a release is."""
        return [*self.all, "canary"]

    def sound(self, persons: str = "count(*)") -> str:
        """Of a group: k persons, and l kinds of what is sensitive among them."""
        kinds = [f" and count(distinct {name}) >= {self.policy.l}" for name in self.sensitive]
        return "".join([f"{persons} >= {self.policy.k}", *kinds])


def _select(parts: list[str], verb: str = "select") -> str:
    return f"{verb}\n    " + ",\n    ".join(parts) + "\n"


def _listed(names: list[str], table: str = "") -> str:
    return ", ".join(f"{table}.{name}" if table else name for name in names)


def release(policy: Policy, target: Target) -> str:
    """The query, after the model's config."""
    columns = Columns(policy)
    wanted = ", ".join(jinja_text(name) for name in columns.table)
    placed, after, first, last = (
        ",\n\n".join(_cte(name, query) for name, query in parts)
        for parts in (
            chain(_each_canary(policy), _placed(policy, target, columns)),
            _compared(policy, columns),
            _alone(policy, columns),
            _everybody(policy, columns),
        )
    )
    return (
        f"{{%- set compare = {target.name}.last_release(this, [{wanted}]) %}}\n\n"
        f"with {placed},\n{{%- if compare %}}\n\n{after}\n{{%- else %}}\n\n{first}\n{{%- endif %}},\n\n{last}\n\n"
        "-- the order of rows would tell who came when, and who is a canary\n"
        "select *\nfrom everybody\norder by random()\n"
    )


Parts = Iterator[tuple[str, str]]
"""Common table expressions: name and query."""


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
    return f"{_select(found)}from {{{{ {model} }}}}"


def _placed(policy: Policy, target: Target, columns: Columns) -> Parts:
    """Who stands among how many, and so by which step: what a release would be if there were none before. What is read
    of everybody is read once; the rest is of groups, of which there are a few thousand."""
    numbers = range(1, len(policy.quasi) + 1)
    f, c, known = [f"f{n}" for n in numbers], [f"c{n}" for n in numbers], _known_by(policy)
    yield "people", people(policy, target)
    alike = [*known, *_counted(policy, columns)]
    of_fine = [
        f"{label(target, ladder.coarse, one)} as {name}"
        for ladder, one, name in zip(_ladders(policy), f, c, strict=True)
        if ladder.of_fine
    ]
    counted = [*alike, *of_fine, "count(*) as persons"]
    yield "counted", f"{_select(counted)}from people{_grouped_by(alike)}"
    enough = columns.sound("sum(persons)")
    if not policy.quasi:  # all are one group
        yield "placed", f"select 1 as step\nfrom counted\nhaving {enough}"
        return
    yield "fine", f"select {_listed(f)}\nfrom counted\ngroup by {_listed(f)}\nhaving {enough}"
    coarse = _listed(c, "counted")
    not_fine = f"from counted\nleft join fine using ({_listed(f)})"
    yield "coarse", f"select {coarse}\n{not_fine}\nwhere fine.f1 is null\ngroup by {coarse}\nhaving {enough}"
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
        "placed",
        f"{_select(placed, 'select distinct')}{not_fine}\nleft join coarse using ({_listed(c)})\n"
        "where fine.f1 is not null or coarse.c1 is not null",
    )


def _where_placed(policy: Policy, table: str) -> str:
    """Joins what is known of each person, or counted of them, with the group that they are placed in."""
    names = _known_by(policy)
    return f"from {table}\n" + (f"inner join placed using ({_listed(names)})" if names else "cross join placed")


def _counted(policy: Policy, columns: Columns) -> list[str]:
    """What groups are counted by, besides labels: kinds of what is sensitive, and what a canary needs a value of."""
    return [*columns.public * bool(policy.canaries), *columns.sensitive]


def _same(table: str, names: list[str]) -> str:
    return " and ".join(f"{table}.{name} = numbered.{name}" for name in names)


def _grouped_by(names: list[str]) -> str:
    return f"\ngroup by {_listed(names)}" if names else ""


def _alone(policy: Policy, columns: Columns) -> Parts:
    """What a release is where there is none before."""
    group, others = _listed(columns.group, "placed"), columns.others
    alone = ["people.person", *(f"placed.{name}" for name in columns.group), *(f"people.{name}" for name in others)]
    yield "released", f"{_select(alone)}{_where_placed(policy, 'people')}"
    if policy.canaries:
        own = [f"counted.{name}" for name in others]
        came = ["0 as last_group", group, *own, "sum(counted.persons) as persons"]
        alike = _grouped_by([group, *own])
        yield "moved", f"{_select(came)}{_where_placed(policy, 'counted')}{alike}"
        yield "canaries", "select canary, 0 as last_group\nfrom each_canary"


def _compared(policy: Policy, columns: Columns) -> Parts:
    """What a release is where there is one before. Groups have numbers. A person is in a group now, or in none (0), and
    was in one last: `now_group`, `last_group`. A way leads from one to the other, and is open or not."""
    group, others, this = _listed(columns.group), columns.others, "{{ this }}"
    known = _known_by(policy)
    yield (
        "numbered",
        f"select\n    *,\n    dense_rank() over (order by {group}) as number\nfrom (\n"
        f"    select {_listed([*known, *columns.group, '0 as was_one'])}\n    from placed\n    union all\n"
        f"    select {_listed([*(f'null as {name}' for name in known), *columns.group, '1 as was_one'])}\n"
        f"    from {this}\n    where canary is null\n    group by {group}\n    having {columns.sound()}\n) as either",
    )
    is_last = f"left join numbered\n    on {_same('released', columns.group)}\n    and numbered.was_one = 1"
    now = ["people.person", "numbered.number", *(f"people.{name}" for name in others)]
    is_now = " and ".join([_same("people", known)] * bool(known) + ["numbered.was_one = 0"])
    yield "now", f"{_select(now)}from people\nleft join numbered\n    on {is_now}"
    last = ["released.person", "numbered.number", *(f"released.{name}" for name in others)]
    yield (
        "last",
        f"{_select(last)}from {this} as released\n{is_last}\nwhere released.canary is null",
    )
    matched = [
        "coalesce(now.person, last.person) as person",
        *(f"coalesce({time}.number, 0) as {time}_group" for time in TIMES),
        *_of_both(others, "{0}.{1} as {0}_{1}"),
    ]
    yield "matched", f"{_select(matched)}from now\nfull join last on now.person = last.person"
    ways = ["now_group", "last_group", *_of_both(_counted(policy, columns))]
    yield "ways", f"{_select([*ways, 'count(*) as persons'])}from matched{_grouped_by(ways)}"
    yield (
        "flows",
        "select\n    now_group,\n    last_group,\n    sum(persons) as persons\nfrom ways\n"
        "group by now_group, last_group",
    )
    few = f"now_group = last_group or persons < {policy.k}"
    yield (
        "stuck",
        "select last_group\nfrom flows\nwhere last_group > 0\ngroup by last_group\n"
        f"having sum(case when {few} then persons else 0 end) between 1 and {policy.k - 1}",
    )
    yield (
        "open_0",
        "select flows.now_group, flows.last_group\nfrom flows\nleft join stuck using (last_group)\n"
        f"where stuck.last_group is null and (flows.now_group = flows.last_group or flows.persons >= {policy.k})",
    )
    rounds = ROUNDS if columns.sensitive else 0
    for number in range(1, rounds + 1):
        yield from _closed(policy, columns, number)
    settled = f"open_{max(rounds - 1, 0)}"
    if rounds:
        yield "settled", f"select *\nfrom {settled}\nwhere not exists (select 1 from poor_{rounds})"
        settled = "settled"
    yield "groups", f"select distinct {_listed(['number', *columns.group])}\nfrom numbered"
    chosen = [
        *("flows.now_group", "flows.last_group", "way.now_group is not null as is_open"),
        *(f"groups.{name}" for name in columns.group),
    ]
    yield (
        "chosen",
        f"{_select(chosen)}from flows\nleft join {settled} as way using (now_group, last_group)\n"
        f"inner join groups on groups.number = {_where_open('flows', 'group')}",
    )
    of_group = [f"chosen.{name}" for name in columns.group]
    by_way = "case when chosen.is_open then {0}.now_{1} else {0}.last_{1} end"
    one = ["matched.person", *of_group, *(f"{by_way.format('matched', name)} as {name}" for name in others)]
    by_groups = "inner join chosen using (now_group, last_group)"
    yield "released", f"{_select(one)}from matched\n{by_groups}"
    if policy.canaries:
        own = [f"{by_way.format('ways', name)} as {name}" for name in others]
        moved = ["ways.last_group", *of_group, *own, "sum(ways.persons) as persons"]
        alike = ["ways.last_group", *of_group, *others]
        yield "moved", f"{_select(moved)}from ways\n{by_groups}{_grouped_by(alike)}"
        was = ["each_canary.canary", "case when released.canary is null then 0 else numbered.number end as last_group"]
        released = f"left join {this} as released on each_canary.canary = released.canary\n{is_last}"
        yield "canaries", f"{_select(was)}from each_canary\n{released}"


def _of_both(names: list[str], form: str = "{0}_{1}") -> list[str]:
    return [form.format(time, name) for time in TIMES for name in names]


def _where_open(table: str, name: str) -> str:
    """What is now where a person's way is open, else what was last."""
    return f"case when way.now_group is null then {table}.last_{name} else {table}.now_{name} end"


def _closed(policy: Policy, columns: Columns, number: int) -> Parts:
    """Groups that hold too few kinds of what is sensitive keep whom they had: no way leads in or out any more."""
    (kind,) = columns.sensitive
    before = f"open_{number - 1}"
    placed = f"{_where_open('ways', 'group')} as number,\n        {_where_open('ways', kind)} as kind"
    yield (
        f"poor_{number}",
        f"select number\nfrom (\n    select\n        {placed}\n    from ways\n"
        f"    left join {before} as way using (now_group, last_group)\n) as placed\n"
        f"where number > 0\ngroup by number\nhaving count(distinct kind) < {policy.l}",
    )
    if number < ROUNDS:
        closed = [
            f"left join poor_{number} as {end} on {before}.{time}_group = {end}.number"
            for end, time in (("entry", "now"), ("leaving", "last"))
        ]
        yield (
            f"open_{number}",
            f"select {before}.now_group, {before}.last_group\nfrom {before}\n"
            + "\n".join(closed)
            + "\nwhere entry.number is null and leaving.number is null",
        )


def _everybody(policy: Policy, columns: Columns) -> Parts:
    """Canaries too. A pseudonym that comes or goes by itself would be known for one: so a canary comes with others who
    are new, and goes with most of its group."""
    everybody = f"{_select([*columns.all, 'cast(null as int) as canary'])}from released"
    if policy.canaries:
        group, others = _listed(columns.group), columns.others
        moved = "moved"
        if others:  # of a group, what most of it have
            typical = [
                *("last_group", *columns.group, *others),
                f"sum(persons) over (partition by last_group, {group}) as persons",
                f"row_number() over (partition by last_group, {group} order by persons desc, {_listed(others)}) as nth",
            ]
            yield "typical", f"{_select(typical)}from moved"
            moved = "typical\nwhere nth = 1"
        went = [
            *("last_group", *columns.group, *others),
            f"row_number() over (partition by last_group order by persons desc, {group}) as place",
            "count(*) over (partition by last_group) as places",
        ]
        yield "went", f"{_select(went)}from {moved}"
        nobody = ["null as person", *(f"went.{name}" for name in columns.payload), "canaries.canary"]
        everybody += (
            f"\nunion all\n{_select(nobody)}from canaries\ninner join went\n"
            "    on canaries.last_group = went.last_group\n    and went.place\n"
            "    = case canaries.last_group when 0 then 1 + mod(canaries.canary - 1, went.places) else 1 end"
        )
    yield "everybody", everybody
