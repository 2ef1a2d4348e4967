"""SQL of a release: who is published to a partner, with which labels.

In it nobody stands alone, and no difference to the release before points at anybody.

A person is published with labels of a finer step where k persons have the same ones, else of a coarser one, else not at
all. From release to release a group changes by k persons at least, or is held as it was. Who is held there is missed
elsewhere, which may make another group change by too few: so that one is held too, a few times over, and if that does
not settle it the whole release stays as it was.
"""

from collections.abc import Iterator

from c360.generate.share_sql import label, name_in_both
from c360.generate.target import Target
from c360.generate.text import jinja_text, slug
from c360.share.policy import Policy

ROUNDS = 3
"""How often groups are held for what holding others did; a million customers with one in a hundred changed need one."""


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
    """What a release is where there is one before; `now_…` and `last_…` are a person's places in both."""
    group, few = columns.group, f"count(*) < {policy.k}"
    now, last = [f"now_{name}" for name in columns.payload], [f"last_{name}" for name in columns.payload]
    n, was = now[: len(group)], last[: len(group)]
    s = columns.sensitive if policy.l > 1 else []
    now_s = [f"now_{name}" for name in s]

    def renamed(names: list[str], wanted: list[str], table: str = "") -> list[str]:
        prefix = f"{table}." if table else ""
        return [f"{prefix}{one} as {two}" for one, two in zip(names, wanted, strict=True)]

    this = "{{ this }}"
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
    places = [*renamed(columns.payload, now, "grouped"), *renamed(columns.payload, last, "last")]
    matched = [
        "coalesce(grouped.person, last.person) as person",
        *places,
        f"coalesce({_same('grouped', 'last', group)}, false) as stays",
    ]
    yield _cte(
        "matched",
        f"select\n    {_lines(matched, 4)}\nfrom grouped\nfull join last on grouped.person = last.person",
    )
    yield _cte("moved", "select *\nfrom matched\nwhere not stays")
    alike = [*n, *now_s]
    yield _cte(
        "stayed",
        f"select\n    {_lines([*renamed(alike, [*group, *s]), 'count(*) as persons'], 4)}\nfrom matched\nwhere stays\n"
        f"group by {_listed(alike)}",
    )
    yield _cte(
        "held_0",
        f"select {_listed(renamed(n, group))}\nfrom moved\nwhere now_step is not null\ngroup by {_listed(n)}\n"
        f"having {few}\nunion\nselect {_listed(renamed(was, group))}\nfrom moved\nwhere last_step is not null\n"
        f"group by {_listed(was)}\nhaving {few}",
    )
    for number in range(1, ROUNDS + 1):
        held, came = f"held_{number - 1}", f"came_{number}"
        yield _cte(
            came,
            f"select\n    {_lines([*renamed([*n, *now_s], [*group, *s], 'moved'), '1 as persons'], 4)}\nfrom moved\n"
            f"left join {held} as held on {_same('moved', 'held', was, group)}\n"
            "where moved.now_step is not null and held.step is null",
        )
        either = f"select *\n    from {came}\n    union all\n    select *\n    from stayed"
        yield _cte(
            f"held_{number}",
            f"select {_listed(group)}\nfrom {held}\nunion\n"
            f"select {_listed(group)}\nfrom {came}\ngroup by {_listed(group)}\nhaving {few}\nunion\n"
            f"select {_listed(group)}\nfrom (\n    {either}\n) as everybody\ngroup by {_listed(group)}\n"
            f"having not ({columns.sound('sum(persons)')})",
        )
    kept, end = f"held_{ROUNDS - 1}", f"held_{ROUNDS}"
    yield _cte(
        "unsettled",
        f"select {end}.step\nfrom {end}\nleft join {kept} as held using ({_listed(group)})\nwhere held.step is null",
    )
    chosen = [
        f"case when held.step is null then matched.{one} else matched.{two} end as {name}"
        for one, two, name in zip(now, last, columns.payload, strict=True)
    ]
    released = (
        f"select\n    {_lines(['matched.person', *chosen], 4)}\nfrom matched\n"
        f"left join {kept} as held on {_same('matched', 'held', was, group)}\n"
        f"left join {kept} as closed on {_same('matched', 'closed', n, group)}\n"
        "where\n    not exists (select 1 from unsettled)\n"
        "    and (held.step is not null or (matched.now_step is not null and closed.step is null))\n"
        f"union all\nselect {_listed(columns.all, 'last')}\nfrom last\nwhere exists (select 1 from unsettled)"
    )
    yield _cte("released", released)
