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

    @property
    def table(self) -> list[str]:
        """Those of the table that a release is."""
        return [*self.all, "canary"]

    def sound(self, persons: str = "count(*)") -> str:
        """Of a group: k persons, and l kinds of what is sensitive among them."""
        kinds = [f" and count(distinct {name}) >= {self.policy.l}" for name in self.sensitive]
        return "".join([f"{persons} >= {self.policy.k}", *kinds])


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
    wanted = ", ".join(jinja_text(name) for name in columns.table)
    alone, after, last = (
        ",\n\n".join(parts)
        for parts in (_placed(policy, target, columns), _compared(policy, columns), _everybody(policy, columns))
    )
    first = [*columns.all, *(f"{columns.none[name]} as last_{name}" for name in columns.group)]
    alone_too = f"select\n    {_lines(first, 4)}\nfrom grouped"
    return (
        f"{{%- set compare = {target.name}.last_release(this, [{wanted}]) %}}\n\n"
        f"with {alone},\n{{%- if compare %}}\n\n{after}\n{{%- else %}}\n\n"
        f"{_cte('released', alone_too)}\n{{%- endif %}},\n\n{last}\n\n"
        "-- the order of rows would tell who came when, and who is a canary\n"
        "select *\nfrom everybody\norder by random()\n"
    )


def _everybody(policy: Policy, columns: Columns) -> Iterator[str]:
    """Canaries too. A pseudonym that comes or goes by itself would be known for one: so a canary comes with others who
    are new, and goes with most of its group."""
    everybody = f"select\n    {_lines([*columns.all, 'cast(null as int) as canary'], 4)}\nfrom released"
    if policy.canaries:
        was = [f"last_{name}" for name in columns.group]
        origin, group = _listed(was), _listed(columns.group)
        went = [
            *(*was, *columns.group),
            *(f"any_value({name}) as {name}" for name in (*columns.public, *columns.sensitive)),
            f"row_number() over (partition by {origin} order by count(*) desc, {group}) as place",
            f"count(*) over (partition by {origin}) as places",
        ]
        yield _cte("went", f"select\n    {_lines(went, 4)}\nfrom released\ngroup by {origin}, {group}")
        numbers = "\nunion all\n".join(f"select {n} as canary" for n in range(1, policy.canaries + 1))
        yield _cte("numbered", numbers)
        before = _listed(["canary", *(f"{name} as last_{name}" for name in columns.group)])
        none = _listed(["canary", *(f"{columns.none[name]} as last_{name}" for name in columns.group)])
        yield _cte(
            "before",
            f"{{%- if compare %}}\nselect {before}\nfrom {{{{ this }}}}\nwhere canary is not null\n{{%- else %}}\n"
            f"select {none}\nfrom numbered\nwhere canary = 0\n{{%- endif %}}",
        )
        nobody = ["null as person", *(f"went.{name}" for name in columns.payload), "numbered.canary"]
        there = " and ".join(
            f"went.last_{name} = coalesce(before.last_{name}, {columns.none[name]})" for name in columns.group
        )
        everybody += (
            f"\nunion all\nselect\n    {_lines(nobody, 4)}\n"
            "from numbered\nleft join before using (canary)\n"
            f"inner join went\n    on {there}\n"
            "    and went.place = case went.last_step when 0 then 1 + mod(numbered.canary - 1, went.places) else 1 end"
        )
    yield _cte("everybody", everybody)


def _cte(name: str, query: str) -> str:
    indented = "\n".join(f"    {line}" if line else "" for line in query.strip("\n").splitlines())
    return f"{name} as (\n\n{indented}\n\n)"


def _placed(policy: Policy, target: Target, columns: Columns) -> Iterator[str]:
    """Who stands among how many, and so by which step: what a release would be if there were none before."""
    numbers = range(1, len(policy.quasi) + 1)
    f, c = [f"f{n}" for n in numbers], [f"c{n}" for n in numbers]
    ladders = [(s.ladder, s.column.physical_name) for s in policy.quasi if s.ladder]
    own = [name for name, (ladder, _) in zip(c, ladders, strict=True) if not ladder.of_fine]
    version = f", v={policy.dataset.major}" if policy.dataset.major is not None else ""
    person = name_in_both(target, policy.dataset.physical(policy.person))
    people = [f"{person} as person"]
    for n, (ladder, column) in enumerate(ladders, 1):
        people.append(f"{label(target, ladder.fine, column)} as f{n}")
        people += [f"{label(target, ladder.coarse, column)} as c{n}"] * (not ladder.of_fine)
    public = [name_in_both(target, s.column.physical_name) for s in policy.public]
    people += [f"{column} as {name}" for column, name in zip(public, columns.public, strict=True)]
    if (chosen := policy.sensitive_column) and chosen.ladder:
        people.append(f"{label(target, chosen.ladder.fine, chosen.column.physical_name)} as {columns.sensitive[0]}")
    model = f"ref({jinja_text(policy.dataset.model)}{version})"
    yield _cte("people", f"select\n    {_lines(people, 4)}\nfrom {{{{ {model} }}}}")
    if not policy.quasi:  # all are one group
        yield _cte("enough", f"select 1 as step\nfrom people\nhaving {columns.sound()}")
        grouped = ["people.person", "enough.step", *(f"people.{name}" for name in columns.payload[1:])]
        yield _cte("grouped", f"select\n    {_lines(grouped, 4)}\nfrom people\ncross join enough")
        return
    alike = [*f, *own, *columns.sensitive]
    of_fine = [  # a few thousand groups, not every person
        f"{label(target, ladder.coarse, one)} as {name}"
        for (ladder, _), one, name in zip(ladders, f, c, strict=True)
        if ladder.of_fine
    ]
    yield _cte(
        "counted",
        f"select\n    {_lines([*alike, *of_fine, 'count(*) as persons'], 4)}\nfrom people\ngroup by {_listed(alike)}",
    )
    enough = columns.sound("sum(persons)")
    yield _cte("fine", f"select {_listed(f)}\nfrom counted\ngroup by {_listed(f)}\nhaving {enough}")
    coarse = _listed(c, "counted")
    not_fine = f"from counted\nleft join fine using ({_listed(f)})"
    yield _cte("coarse", f"select {coarse}\n{not_fine}\nwhere fine.f1 is null\ngroup by {coarse}\nhaving {enough}")
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
    others = [f"people.{name}" for name in (*columns.public, *columns.sensitive)]
    grouped = ["people.person", *(f"placed.{name}" for name in columns.group), *others]
    joined = f"from people\ninner join placed using ({_listed([*f, *own])})"
    yield _cte("grouped", f"select\n    {_lines(grouped, 4)}\n{joined}")


def _where_open(table: str, name: str) -> str:
    """What is now where a person's way is open, else what was last."""
    return f"case when way.now_step is null then {table}.last_{name} else {table}.now_{name} end"


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
    if rounds:
        yield _cte("settled", f"select *\nfrom {settled}\nwhere not exists (select 1 from poor_{rounds})")
        settled = "settled"
    chosen = [f"{_where_open('matched', name)} as {name}" for name in columns.payload]
    placed = ["matched.person", *chosen, *(f"matched.{name}" for name in was)]
    yield _cte(
        "released",
        f"select\n    {_lines(placed, 4)}\nfrom matched\nleft join {settled} as way using ({alike})\n"
        f"where {_where_open('matched', 'step')} > 0",
    )


def _closed(policy: Policy, columns: Columns, number: int) -> Iterator[str]:
    """Groups that hold too few kinds of what is sensitive keep whom they had: no way leads in or out any more."""
    group = columns.group
    n, was = [f"now_{name}" for name in group], [f"last_{name}" for name in group]
    (s,) = columns.sensitive
    placed = [f"{_where_open('ways', name)} as {name}" for name in (*group, s)]
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
