"""The columns of a release, and the pieces of SQL that its queries are made of."""

from collections.abc import Iterator

from c360.clause.dialect import POSTGRES
from c360.generate.text import slug
from c360.share.keys import TABLE
from c360.share.policy import Policy

Parts = Iterator[tuple[str, str]]
"""Common table expressions: name and query."""


class Columns:
    """Of a release: `person`, the labels of quasi-identifiers, `step` (1 or 2), public columns, the sensitive label,
    `canary`, the number of one, whose person is null, and the version of the key that makes its pseudonyms. Where
    releases can be linked, the number of the path that a person shares with k at least, and `held`, for how many
    releases their labels have not been those that they would have anew.

    A name says of which ladder, type or k a column is, so a release of another policy is told by its columns.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.quasi = [f"q{n}_{s.ladder.name}" for n, s in enumerate(policy.quasi, 1) if s.ladder]
        self.public = [f"a{n}_{slug(s.column.physical_type)}" for n, s in enumerate(policy.public, 1)]
        chosen = policy.sensitive_column
        self.sensitive = [f"s_{chosen.ladder.name}"] if chosen and chosen.ladder else []
        self.none = chosen.ladder.none if chosen and chosen.ladder else ""
        self.group = [*self.quasi, "step"]
        self.others = [*self.public, *self.sensitive]
        self.payload = [*self.group, *self.others]
        self.path = f"path_of_{policy.k}"
        self.linked = [self.path, "held"] if policy.linked else []

    @property
    def table(self) -> list[str]:
        """Those of the table that a release is."""
        return ["person", *self.payload, "canary", *self.linked, "key_version"]

    def told(self, table: str) -> str:
        """Where `people` or `counted` are with the sensitive labels that are told, by their names."""
        return f"told_{table} as {table}" if self.sensitive else table

    def sound(self, keys: list[str], source: str, whole: str = "", holds: bool = True) -> str:
        """A query of the groups, by keys, that hold: k persons, and what is sensitive among them as different as the
        policy asks; or of those that do not. `source` is what is counted, and `whole` where a part of everybody has
        each label (`shares`), if that is asked."""
        asked, names = [f"sum(persons) >= {self.policy.k}"], listed(keys)
        how = self.policy.diversity
        for label in self.sensitive:
            if how.is_counted:
                asked.append(how.counted(label, self.none))
                continue
            by = f"partition by {names}"
            frequent = f"case {label} when {self.none} then 0 else sum(persons) end"
            cells = [
                *(*keys, label, "cast(sum(persons) as bigint) as persons"),
                *[f"sum(sum(persons)) over ({by}) as size"] * (how.t is not None),
                *[f"row_number() over ({by} order by {frequent} desc) as place"] * (how.kind == "recursive"),
            ]
            made = "\n    ".join(f"{select(cells)}{source}{grouped_by([*keys, label])}".splitlines())
            source = f"from (\n    {made}\n) as cells"
            source += f"\ninner join {whole} using ({label})" * (how.t is not None)
            asked += how.weighed(label, self.none)
        condition = " and ".join(asked)
        return f"select {names}\n{source}\ngroup by {names}\nhaving {condition if holds else f'not ({condition})'}"

    def shares(self, source: str) -> str:
        """A query of the part of everybody that has each sensitive label."""
        (label,) = self.sensitive
        part = "1.0 * sum(persons) / sum(sum(persons)) over () as share"
        return f"{select([label, part])}from {source}\ngroup by {label}"


def newest_key(policy: Policy) -> str:
    return f"(select max(version) from {TABLE} where partner = {POSTGRES.literal(policy.partner)})"


def select(parts: list[str], verb: str = "select") -> str:
    return f"{verb}\n    " + ",\n    ".join(parts) + "\n"


def listed(names: list[str], table: str = "") -> str:
    return ", ".join(f"{table}.{name}" if table else name for name in names)


def grouped_by(names: list[str]) -> str:
    return f"\ngroup by {listed(names)}" if names else ""
