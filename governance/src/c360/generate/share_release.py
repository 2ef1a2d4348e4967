"""SQL of a release: who is published to a partner, with which labels.

In it nobody stands alone, and no difference to the release before points at anybody.

A person is published with labels of a finer step where k persons have the same ones, else of a coarser one, else not at
all. Pseudonyms stay, so whoever holds two releases sees who went from which group to which: k persons at least go the
same way, or they stay where they were until more do. Where too few would stay, nobody leaves.
"""

from collections.abc import Iterator

from c360.generate.share_sql import label, name_in_both
from c360.generate.target import Target
from c360.generate.text import jinja_text, slug
from c360.share.policy import Policy

ROUNDS = 3
"""How often groups are closed for holding too few kinds of what is sensitive, which closing others may bring about; if
the last time finds another one, the whole release stays as it was."""


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
        self.payload = [*self.group, *self.public, *self.sensitive]
        labelled = [*zip(self.quasi, policy.quasi, strict=True), *zip(self.sensitive, [chosen], strict=False)]
        self.none = {name: s.ladder.none for name, s in labelled if s and s.ladder} | {"step": "0"}
        """What stands for a label where there is none, since SQL joins no nulls."""

    @property
    def all(self) -> list[str]:
        return ["person", *self.payload]

    def sound(self, persons: str = "count(*)", sensitive: str = "") -> str:
        """Of a group: k persons, and l kinds of what is sensitive among them."""
        asked = f"{persons} >= {self.policy.k}"
        if self.policy.l > 1:
            asked += f" and count(distinct {sensitive or self.sensitive[0]}) >= {self.policy.l}"
        return asked


def _same(left: str, right: str, names: list[str], others: list[str] | None = None) -> str:
    pairs = zip(names, others or names, strict=True)
    return " and ".join(f"{left}.{one} = {right}.{other}" for one, other in pairs)


def _lines(parts: list[str], indent: int = 8) -> str:
    return (",\n" + " " * indent).join(parts)


def _listed(names: list[str], table: str = "") -> str:
    return ", ".join(f"{table}.{name}" if table else name for name in names)


def release(policy: Policy, target: Target) -> str:
    """The query, after the model's config."""
    columns = Columns(policy)
    wanted = ", ".join(jinja_text(name) for name in [*columns.all, "canary"])
    chosen = "{{ 'released' if compare else 'grouped' }}"
    alone, after, last = (
        ",\n\n".join(parts)
        for parts in (
            _placed(policy, target, columns),
            _compared(policy, columns),
            _with_canaries(policy, columns, chosen),
        )
    )
    return (
        f"{{%- set compare = {target.name}.last_release(this, [{wanted}]) %}}\n\n"
        f"with {alone}\n{{%- if compare %}},\n\n{after}\n{{%- endif %}},\n\n{last}\n\n"
        "-- the order of rows would tell who came when, and who is a canary\n"
        f"select *\nfrom everybody\norder by random()\n"
    )


def _with_canaries(policy: Policy, columns: Columns, chosen: str) -> Iterator[str]:
    """A canary is one more in one of the largest groups, and has there what others have."""
    everybody = f"select\n    {_lines([*columns.all, 'cast(null as int) as canary'], 4)}\nfrom {chosen}"
    if policy.canaries:
        group, others = _listed(columns.group), [*columns.public, *columns.sensitive]
        ranked = [
            *columns.group,
            *(f"any_value({name}) as {name}" for name in others),
            f"row_number() over (order by count(*) desc, {group}) as place",
            "count(*) over () as places",
        ]
        yield _cte("ranked", f"select\n    {_lines(ranked, 4)}\nfrom {chosen}\ngroup by {group}")
        numbers = "\nunion all\n".join(f"select {n} as canary" for n in range(1, policy.canaries + 1))
        yield _cte("numbered", numbers)
        nobody = ["null as person", *(f"ranked.{name}" for name in columns.payload), "numbered.canary"]
        everybody += (
            f"\nunion all\nselect\n    {_lines(nobody, 4)}\nfrom numbered\n"
            "inner join ranked on ranked.place = 1 + mod(numbered.canary - 1, ranked.places)"
        )
    yield _cte("everybody", everybody)


def _cte(name: str, query: str) -> str:
    indented = "\n".join(f"    {line}" if line else "" for line in query.strip("\n").splitlines())
    return f"{name} as (\n\n{indented}\n\n)"


def _placed(policy: Policy, target: Target, columns: Columns) -> Iterator[str]:
    """Who stands among how many, and so by which step: what a release would be if there were none before."""
    numbers = range(1, len(policy.quasi) + 1)
    f, c = [f"f{n}" for n in numbers], [f"c{n}" for n in numbers]
    kinds = columns.sensitive if policy.l > 1 else []
    version = f", v={policy.dataset.major}" if policy.dataset.major is not None else ""
    person = name_in_both(target, policy.dataset.physical(policy.person))
    people = [f"{person} as person"]
    for n, shared in enumerate(policy.quasi, 1):
        people += [f"{label(target, shared, 0)} as f{n}", f"{label(target, shared, 1)} as c{n}"]
    public = [name_in_both(target, s.column.physical_name) for s in policy.public]
    people += [f"{own} as {name}" for own, name in zip(public, columns.public, strict=True)]
    chosen = policy.sensitive_column
    people += [f"{label(target, chosen, 0)} as {name}" for name in columns.sensitive if chosen]
    model = f"ref({jinja_text(policy.dataset.model)}{version})"
    yield _cte("people", f"select\n    {_lines(people, 4)}\nfrom {{{{ {model} }}}}")
    if not policy.quasi:  # all are one group
        counted = _listed([*columns.sensitive], "people")
        having = columns.sound(sensitive=counted)
        yield _cte("enough", f"select 1 as step\nfrom people\nhaving {having}")
        grouped = ["people.person", "enough.step", *(f"people.{name}" for name in columns.payload[1:])]
        yield _cte("grouped", f"select\n    {_lines(grouped, 4)}\nfrom people\ncross join enough")
        return
    alike = [*f, *c, *kinds]
    yield _cte(
        "counted", f"select\n    {_lines([*alike, 'count(*) as persons'], 4)}\nfrom people\ngroup by {_listed(alike)}"
    )
    enough = columns.sound("sum(persons)")
    yield _cte("fine", f"select {_listed(f)}\nfrom counted\ngroup by {_listed(f)}\nhaving {enough}")
    others = _listed(c, "counted")
    not_fine = f"from counted\nleft join fine using ({_listed(f)})"
    yield _cte("coarse", f"select {others}\n{not_fine}\nwhere fine.f1 is null\ngroup by {others}\nhaving {enough}")
    labels = [
        f"case when fine.f1 is null then counted.c{n} else counted.f{n} end as {name}"
        for n, name in enumerate(columns.quasi, 1)
    ]
    placed = [*(f"counted.{name}" for name in (*f, *c)), *labels, "case when fine.f1 is null then 2 else 1 end as step"]
    yield _cte(
        "placed",
        f"select distinct\n    {_lines(placed, 4)}\n{not_fine}\nleft join coarse using ({_listed(c)})\n"
        "where fine.f1 is not null or coarse.c1 is not null",
    )
    own = [f"people.{name}" for name in (*columns.public, *columns.sensitive)]
    grouped = ["people.person", *(f"placed.{name}" for name in columns.group), *own]
    joined = f"from people\ninner join placed using ({_listed([*f, *c])})"
    yield _cte("grouped", f"select\n    {_lines(grouped, 4)}\n{joined}")


def _compared(policy: Policy, columns: Columns) -> Iterator[str]:
    """What a release is where there is one before. A person is in a group now, or in none (step 0), and was in one
    last: `now_…`, `last_…`. A way leads from one to the other, and is open or not."""
    group, this = columns.group, "{{ this }}"
    now, last = [f"now_{name}" for name in columns.payload], [f"last_{name}" for name in columns.payload]
    n, was = now[: len(group)], last[: len(group)]
    yield _cte(
        "last_sound",
        f"select {_listed(group)}\nfrom {this}\nwhere canary is null\n"
        f"group by {_listed(group)}\nhaving {columns.sound()}",
    )
    yield _cte(
        "last",
        f"select {_listed(columns.all, 'released')}\nfrom {this} as released\n"
        f"inner join last_sound using ({_listed(group)})\nwhere released.canary is null",
    )
    matched = ["coalesce(grouped.person, last.person) as person"]
    for table, names in (("grouped", now), ("last", last)):
        for name, own in zip(columns.payload, names, strict=True):
            none = columns.none.get(name)
            matched.append(f"coalesce({table}.{name}, {none}) as {own}" if none else f"{table}.{name} as {own}")
    yield _cte(
        "matched", f"select\n    {_lines(matched, 4)}\nfrom grouped\nfull join last on grouped.person = last.person"
    )
    kinds = [f"{time}_{name}" for time in ("now", "last") for name in columns.sensitive]
    ways = [*n, *was, *kinds]
    yield _cte(
        "ways", f"select\n    {_lines([*ways, 'count(*) as persons'], 4)}\nfrom matched\ngroup by {_listed(ways)}"
    )
    stays, alike = " and ".join(map("{} = {}".format, n, was)), _listed([*n, *was])
    counted = f"select\n    {_lines([*n, *was, 'sum(persons) as persons'], 4)}\nfrom ways\ngroup by {alike}"
    yield _cte("flows", counted)
    few = f"{stays} or persons < {policy.k}"
    yield _cte(
        "stuck",
        f"select {_listed(was)}\nfrom flows\nwhere last_step > 0\ngroup by {_listed(was)}\n"
        f"having sum(case when {few} then persons else 0 end) between 1 and {policy.k - 1}",
    )
    yield _cte(
        "open_0",
        f"select {alike}\nfrom flows\nleft join stuck using ({_listed(was)})\n"
        f"where stuck.last_step is null and ({stays} or flows.persons >= {policy.k})",
    )
    rounds = ROUNDS if columns.sensitive else 0
    for number in range(1, rounds + 1):
        yield from _closed(policy, columns, number)
    settled = f"open_{max(rounds - 1, 0)}"
    chosen = [
        f"case when way.now_step is null then matched.{two} else matched.{one} end as {name}"
        for one, two, name in zip(now, last, columns.payload, strict=True)
    ]
    moved = f"select\n    {_lines(['matched.person', *chosen], 4)}\nfrom matched\n"
    step = "case when way.now_step is null then matched.last_step else matched.now_step end"
    published = f"left join {settled} as way using ({alike})\nwhere {step} > 0"
    if not rounds:
        yield _cte("released", f"{moved}{published}")
        return
    yield _cte(
        "released",
        f"{moved}{published}\n    and not exists (select 1 from poor_{rounds})\n"
        f"union all\nselect {_listed(columns.all, 'last')}\nfrom last\nwhere exists (select 1 from poor_{rounds})",
    )


def _closed(policy: Policy, columns: Columns, number: int) -> Iterator[str]:
    """Groups that hold too few kinds of what is sensitive keep whom they had: no way leads in or out any more."""
    group = columns.group
    n, was = [f"now_{name}" for name in group], [f"last_{name}" for name in group]
    (s,) = columns.sensitive
    placed = [
        f"case when way.now_step is null then ways.last_{name} else ways.now_{name} end as {name}"
        for name in (*group, s)
    ]
    both = f"from ways\n    left join open_{number - 1} as way using ({_listed([*n, *was])})"
    yield _cte(
        f"poor_{number}",
        f"select {_listed(group)}\nfrom (\n    select\n        {_lines(placed, 8)}\n    {both}\n) as placed\n"
        f"where step > 0\ngroup by {_listed(group)}\nhaving count(distinct {s}) < {policy.l}",
    )
    if number < ROUNDS:
        closed = [
            f"left join poor_{number} as {name} on {_same(f'open_{number - 1}', name, own, group)}"
            for name, own in (("entry", n), ("leaving", was))
        ]
        yield _cte(
            f"open_{number}",
            f"select {_listed([*n, *was], f'open_{number - 1}')}\nfrom open_{number - 1}\n"
            + "\n".join(closed)
            + "\nwhere entry.step is null and leaving.step is null",
        )
