"""SQL of a release after another in the same window, where a policy lets a partner follow people over some releases.

Pseudonyms stay within the window, so what counts is the path: the groups that a person was in from release to release.
Persons of one path who would go to one group go where they are sound, k of them at least; the others stay where they
were, and if too few would stay, nobody of that path leaves. Groups are made of such parts, so they are sound as well. A
sensitive or public value stays as it was when its person came, and who leaves the source stays to the window's end: so
labels become untrue, and `held` counts for how many releases.
"""

from c360.share.columns import Columns, Parts, grouped_by, listed, newest_key, select
from c360.share.policy import Policy

_WAY = ["last_path", "last_group", "now_group"]


def compared(policy: Policy, columns: Columns, known: list[str]) -> Parts:
    """Groups have numbers. A person is in a group now, and was in one last, or in none (0), as a path of none."""
    yield from _matched(policy, columns, known)
    counted = [*_WAY, *(columns.others if policy.canaries else columns.sensitive)]
    yield "ways", f"{select([*counted, 'count(*) as persons'])}from matched{grouped_by(counted)}"
    yield from _chosen(columns)
    of_group, others = [f"chosen.{name}" for name in columns.group], columns.others
    one = ["matched.person", *of_group, *(f"matched.{name}" for name in others), f"chosen.{columns.path}"]
    held = "case when matched.is_untrue or chosen.number <> matched.now_group then matched.held + 1 else 0 end as held"
    by_way = f"inner join chosen using ({listed(_WAY)})"
    yield "released", f"{select([*one, held])}from matched\n{by_way}"
    if policy.canaries:
        alike = ["ways.last_path", *of_group, *(f"ways.{name}" for name in others), f"chosen.{columns.path}"]
        yield "moved", f"{select([*alike, 'sum(ways.persons) as persons'])}from ways\n{by_way}{grouped_by(alike)}"
        own = [f"released.{name} as last_{name}" for name in others]
        canary = ["each_canary.canary", f"coalesce(released.{columns.path}, 0) as last_path", *own]
        yield (
            "canaries",
            f"{select(canary)}from each_canary\nleft join {{{{ this }}}} as released\n"
            f"    on each_canary.canary = released.canary and released.key_version = {newest_key(policy)}",
        )


def _matched(policy: Policy, columns: Columns, known: list[str]) -> Parts:
    """Everybody who is in a group now or was in one last, with what they have besides labels: as it was."""
    group, others, newest = listed(columns.group), columns.others, newest_key(policy)
    was = [f"null as {name}" for name in known]
    yield (
        "numbered",
        f"select\n    *,\n    dense_rank() over (order by {group}) as number\nfrom (\n"
        f"    select {listed([*known, *columns.group, '0 as was_one'])}\n    from placed\n    union all\n"
        f"    select {listed([*was, *columns.group, '1 as was_one'])}\n"
        f"    from {{{{ this }}}}\n    where key_version = {newest}\n    group by {group}\n) as either",
    )
    is_now = " and ".join([*(f"people.{name} = numbered.{name}" for name in known), "numbered.was_one = 0"])
    now = ["people.person", "numbered.number", *(f"people.{name}" for name in others)]
    yield "now", f"{select(now)}from {columns.told('people')}\ninner join numbered\n    on {is_now}"
    is_last = " and ".join(f"released.{name} = numbered.{name}" for name in columns.group)
    last = ["released.person", "numbered.number", *(f"released.{name}" for name in others)]
    yield (
        "last",
        f"{select([*last, f'released.{columns.path} as last_path', 'released.held'])}from {{{{ this }}}} as released\n"
        f"inner join numbered\n    on {is_last} and numbered.was_one = 1\n"
        f"where released.canary is null and released.key_version = {newest}",
    )
    changed = ["now.person is null", *(f"now.{name} is distinct from last.{name}" for name in others)]
    matched = [
        "coalesce(now.person, last.person) as person",
        "coalesce(last.last_path, 0) as last_path",
        "coalesce(last.number, 0) as last_group",
        "coalesce(now.number, last.number) as now_group",
        *(f"case when last.person is null then now.{name} else last.{name} end as {name}" for name in others),
        f"last.person is not null and ({' or '.join(changed)}) as is_untrue",
        "coalesce(last.held, 0) as held",
    ]
    kinds = "".join(  # a kind that nobody had may be one of fewer than k
        f"\nwhere\n    last.person is not null\n    or now.{name} in (select {name} from last)\n"
        "    or not exists (select 1 from last)"
        for name in columns.sensitive
    )
    yield "matched", f"{select(matched)}from now\nfull join last on now.person = last.person{kinds}"


def _chosen(columns: Columns) -> Parts:
    """Where each way leads, and the path that it makes."""
    moving = f"left join moving using ({listed(_WAY)})"
    others_stay = "where moving.last_path is null and ways.last_path > 0"
    yield "moving", columns.sound(_WAY, "from ways\nwhere now_group <> last_group")
    yield "stuck", columns.sound(["last_path"], f"from ways\n{moving}\n{others_stay}", holds=False)
    leaves = "moving.last_path is not null and stuck.last_path is null"
    goes = f"case when {leaves} then ways.now_group else ways.last_group end as number"
    yield (
        "flows",
        f"{select([*(f'ways.{name}' for name in _WAY), goes], 'select distinct')}from ways\n{moving}\n"
        "left join stuck on ways.last_path = stuck.last_path",
    )
    path = f"dense_rank() over (order by flows.last_path, flows.number) as {columns.path}"
    chosen = ["flows.*", *(f"groups.{name}" for name in columns.group), path]
    yield (
        "chosen",
        f"{select(chosen)}from flows\ninner join (\n    select distinct {listed(['number', *columns.group])}\n"
        "    from numbered\n) as groups\n    on flows.number = groups.number",
    )
