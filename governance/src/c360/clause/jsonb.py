"""How Postgres looks inside a column: its functions on jsonb. Documents and names are given as SQL."""

from typing import Protocol


class Spelling(Protocol):
    """What it needs of its dialect."""

    def literal(self, value: object) -> str: ...

    def cast(self, column: str, physical_type: str) -> str: ...


class Jsonb:
    """Documents as jsonb. A member that is not there is null in SQL, unlike one that is null in JSON."""

    def __init__(self, dialect: Spelling) -> None:
        self._dialect = dialect

    def document(self, column: str, canonical: str) -> str:
        """A column as a document; null where it holds none that Postgres can look into (`\\u0000` is JSON too)."""
        if canonical == "jsonb":
            return column
        if canonical.endswith("[]"):
            return f"to_jsonb({column})"
        text = f"cast({column} as text)"
        return f"case when pg_input_is_valid({text}, 'jsonb') then cast({text} as jsonb) end"

    def member(self, document: str, name: str) -> str:
        return f"({document} -> {self._dialect.literal(name)})"

    def each(self, document: str, side: str, alias: str) -> tuple[str, str]:
        """A relation of the items of an array, or of the keys or values of an object, and what one of them is in it."""
        kind, function = ("array", "jsonb_array_elements") if side == "items" else ("object", "jsonb_each")
        columns = "value" if side == "items" else "key, value"
        one = f"to_jsonb({alias}.key)" if side == "key" else f"{alias}.value"
        return f"{function}({self._only(document, kind, document)}) as {alias}({columns})", one

    def is_none(self, document: str) -> str:
        return f"coalesce(jsonb_typeof({document}), 'null') = 'null'"

    def is_no(self, document: str, kinds: str) -> str:
        """True where it is there, and of none of these kinds of JSON."""
        listed = ", ".join(f"'{kind}'" for kind in ("null", *kinds.split()))
        return f"jsonb_typeof({document}) not in ({listed})"

    def is_other(self, document: str, kind: str) -> str:
        """True unless it is of this kind of JSON; of what is nothing, too."""
        return f"coalesce(jsonb_typeof({document}), 'none') <> '{kind}'"

    def size(self, document: str, kind: str) -> str:
        """How many items or members it has; null for what has none of either."""
        function = "jsonb_array_length" if kind == "array" else "(select count(*) from jsonb_object_keys"
        return self._only(document, kind, f"{function}({document})" + (")" if kind == "object" else ""))

    def distinct(self, document: str) -> str:
        """How many different items an array has."""
        relation, item = self.each(document, "items", "alike")
        return f"(select count(distinct {item}) from {relation})"

    def value(self, document: str, stored: str) -> str:
        """A scalar in a type of the contract; null where it has no value in it."""
        text = f"{document} #>> '{{}}'"
        if stored in ("numeric", "boolean"):
            return self._only(document, stored.replace("numeric", "number"), f"cast({document} as {stored})")
        if stored == "any":
            return f"case when {self.is_no(document, 'object array')} then {text} end"
        return self._only(document, "string", self._read(f"({text})", stored))

    def _read(self, text: str, stored: str) -> str:
        """A text of a document in a type; a time that names no zone is in UTC, as everywhere."""
        if stored == "timestamptz":
            zoned, plain = (self._dialect.cast(text, kind) for kind in ("timestamptz", "timestamp"))
            return f"coalesce({zoned}, ({plain}) at time zone 'UTC')"
        return self._dialect.cast(text, stored)

    def _only(self, document: str, kind: str, found: str) -> str:
        return f"case when jsonb_typeof({document}) = '{kind}' then {found} end"
