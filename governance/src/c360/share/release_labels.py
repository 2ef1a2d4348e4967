"""SQL of the sensitive labels that a release tells: k persons at least share each, and that of no value, too.

A label that fewer share is held back: it becomes that of no value. A group that is then not as diverse as the policy
asks (l, t) is left out, and so another label may become rare. So the labels are counted anew, in a fixed number of
rounds. After the last round everybody of the groups that it counted is published, or nobody is where it would leave out
one more group. So what is published is what the last round counted.
"""

from c360.share.columns import Columns, Parts, grouped_by, listed, select

ROUNDS = 3
"""After the first count, of everybody."""


def counted(columns: Columns, names: list[str]) -> Parts:
    """Everybody as groups are counted, with the labels that k of them share."""
    yield from _round(columns, "counted_all", "counted", names)


def settled(columns: Columns, known: list[str], others: list[str]) -> Parts:
    """Of the groups that would be published: which are, and what is told in them."""
    kind, group = columns.sensitive[0], columns.group
    of_group = [*(f"candidates.{name}" for name in group), f"counted.{kind}"]
    placed = f"from counted\ninner join candidates using ({listed(known)})"
    yield "kinds_0", f"{select([*of_group, 'sum(counted.persons) as persons'])}{placed}{grouped_by(of_group)}"
    for n in range(1, ROUNDS + 1):
        yield from _round(columns, f"kinds_{n - 1}", f"told_{n}", group)
        if columns.policy.diversity.t is not None:
            yield f"whole_{n}", columns.shares(f"told_{n}")
        yield f"sound_{n}", columns.sound(group, f"from told_{n}", f"whole_{n}")
        yield f"kinds_{n}", f"select told_{n}.*\nfrom told_{n}\ninner join sound_{n} using ({listed(group)})"
    kept, there = (f"(select count(*) from {name}_{ROUNDS})" for name in ("kinds", "told"))
    yield "settled", f"select *\nfrom kinds_{ROUNDS}\nwhere {kept} = {there}"
    yield "told", f"select distinct {kind}\nfrom settled\nwhere {kind} <> {columns.none}"
    label = f"case when told.{kind} is null then {columns.none} else told.{kind} end as {kind}"
    for table, names in (("people", ["person", *known, *columns.public]), ("counted", [*known, *others, "persons"])):
        told = [*(f"{table}.{name}" for name in names), label]
        yield f"told_{table}", f"{select(told)}from {table}\nleft join told on {table}.{kind} = told.{kind}"
    same = " and ".join(f"candidates.{name} = groups.{name}" for name in group)
    groups = f"(select distinct {listed(group)} from settled) as groups"
    yield "placed", f"select candidates.*\nfrom candidates\ninner join {groups}\n    on {same}"


def _round(columns: Columns, source: str, result: str, names: list[str]) -> Parts:
    """Labels that fewer than k of a source share become that of no value, the rarest first; where fewer than k have
    that, the next ones too."""
    (kind,), none, k = columns.sensitive, columns.none, columns.policy.k
    alike = [*names, kind, "persons", f"sum(persons) over (partition by {kind}) as alike"]
    yield f"alike_in_{source}", f"{select(alike)}from {source}"
    rarer = f"sum(persons) over (order by case {kind} when {none} then 0 else alike end, {kind}) - alike as rarer"
    is_told = f"{kind} <> {none} and alike >= {k} and (rarer = 0 or rarer >= {k})"
    told = [*names, f"case when {is_told} then {kind} else {none} end as {kind}", "persons"]
    ranked = f"from (\n    select\n        *,\n        {rarer}\n    from alike_in_{source}\n) as ranked"
    yield result, f"{select(told)}{ranked}"
