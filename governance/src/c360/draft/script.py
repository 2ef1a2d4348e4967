"""The statements of a SQL script that tell something of tables, out of all that dumps and clients write around them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

_COPIED = re.compile(r"(?ims)^[ \t]*copy\b[^;]*\bfrom\s+stdin\b[^;\n]*;[^\n]*\n.*?^\\\.[ \t]*\r?$")
"""Rows in a dump of Postgres."""
_PSQL = re.compile(r"(?m)^\\.*$")
_DELIMITED = re.compile(
    r"(?ims)^[ \t]*delimiter[ \t]+(?!;[ \t]*\r?$)\S+[ \t]*\r?$.*?(?:^[ \t]*delimiter[ \t]+;[ \t]*\r?$|\Z)"
)
"""Programs in a dump of MySQL."""
_BATCH = re.compile(r"(?im)^[ \t]*go(?:[ \t]+\d+)?[ \t]*;?[ \t]*(?:--.*)?\r?$")
_BEGINS = re.compile(
    r"(?im)^(?=[ \t]*(?:create\s|alter\s+table\b|exec(?:ute)?\s|set\s+\w+\s+(?:on|off)\b|use\s|insert\s|print\s|if\s))"
)
"""Where a statement of T-SQL begins, which needs no semicolon before it."""
_CHECKED = re.compile(r"(?i)\s+with\s+(?:no)?check(?=\s+add\b)")
_SLASH = re.compile(r"(?m)^[ \t]*/[ \t]*\r?$")
_TELLS = re.compile(
    r"(?is)(?:create\s+(?:or\s+replace\s+)?(?:\w+\s+){0,3}?(?:table|type|domain)\b|create\s+unique\s|alter\s+table\b"
    r"|comment\s+on\b|exec(?:ute)?\s+(?:\[?sys\]?\.)?\[?sp_addextendedproperty\b)"
)
_CREATES = re.compile(r"(?is)create\s+(?:or\s+replace\s+)?(?:\w+\s+){0,3}?table\b")
_NOISE = re.compile(
    r"(?i)\b(?:enable|disable|novalidate|distkey|sortkey|encode\s+\w+|using\s+index(?:\s*\([^()]*\)|\s+tablespace\s+\S+"
    r"|\s+(?:pctfree|initrans|maxtrans)\s+\d+|\s+storage\s*\([^()]*\))*|segment\s+creation\s+\w+|on\s+null(?=\s+not))(?!\w)"
)
"""How a column is stored, which parsers stumble over."""
_KEPT = {
    re.compile(r"(?i)\bnot\s+null\b"): " not null", re.compile(r"(?i)\bprimary\s+key\b"): " primary key",
    re.compile(r"(?i)\bunique\b"): " unique",
}  # fmt: skip
_SPELLED = (
    (re.compile(r"(?i)\blong\s+raw\b"), "blob"), (re.compile(r"(?i)\bbit\s+varying\b"), "varbit"),
    (re.compile(r"(?i)\b(?:unsigned\s+)?big\s+int\b"), "bigint"),
    (re.compile(r"(?i)\binterval\s+(?:day|year)\s*(?:\(\d\))?\s+to\s+\w+(?:\s*\(\d\))?"), "interval"),
    (
        re.compile(r"(?i)\b(number|numeric|decimal)\s*\(\s*(\d+)\s*,\s*-(\d+)\s*\)"),
        lambda found: f"{found[1]}({int(found[2]) + int(found[3])})",
    ),
)  # fmt: skip
"""Types that sqlglot does not parse, as it does; a negative scale as digits before the point."""


@dataclass(frozen=True)
class Statement:
    """One that was parsed, and the parts of it that were not."""

    tree: Any
    unread: tuple[str, ...] = ()


def statements_of(text: str, dialect: str) -> Iterator[Statement]:
    """Those of tables, types and comments. Raises SqlglotError for a `create table` that is none."""
    text = _PSQL.sub("", _COPIED.sub("", text))
    if dialect in ("tsql", "fabric"):
        text = _CHECKED.sub(" ", text)
        text = _BEGINS.sub(";\n", _BATCH.sub(";", text))
    elif dialect == "oracle":
        text = _SLASH.sub(";", text)
    text = _DELIMITED.sub("", text)
    for piece in _pieces(text, dialect):
        if _TELLS.match(piece):
            yield from _parsed(piece, dialect)


def _pieces(text: str, dialect: str) -> Iterator[str]:
    """One statement each, without the comments before it."""
    start: int | None = None
    for token in sqlglot.tokenize(text, read=dialect):
        if token.token_type.name == "SEMICOLON":
            if start is not None:
                yield text[start : token.start]
            start = None
        elif start is None:
            start = token.start
    if start is not None:
        yield text[start:]


def _parsed(piece: str, dialect: str) -> Iterator[Statement]:
    try:
        trees = sqlglot.parse(piece, read=dialect)
        if not _CREATES.match(piece) or not any(isinstance(tree, exp.Command) for tree in trees):
            yield from (Statement(tree) for tree in trees if tree is not None)
            return
    except (SqlglotError, AttributeError):
        if re.match(r"(?i)alter\s", piece):
            yield Statement(exp.Command(this="alter", expression=piece[5:]))
        if not _CREATES.match(piece):
            return
    yield _repaired(piece, dialect)


def _repaired(piece: str, dialect: str) -> Statement:
    """A `create table` part by part: what is wrong in one column costs that column's own words alone."""
    for pattern, spelled in _SPELLED:
        piece = pattern.sub(spelled, piece)
    piece = _NOISE.sub("", piece)
    head, parts, tail = _split(piece, dialect)
    read, unread = [], []
    for part in parts:
        kept, left = _readable(head, part, dialect)
        read += [kept] if kept else []
        unread += [left] if left else []
    said = re.search(r"(?is)\b(comment\s*=?\s*'(?:[^']|'')*')", tail)
    for end in (tail, said[1] if said else "", ""):
        tree = _tree(f"{head}({', '.join(read)}) {end}", dialect)
        if tree is not None:
            return Statement(tree, tuple(unread))
    raise SqlglotError("no table")


def _readable(head: str, part: str, dialect: str) -> tuple[str, str]:
    """As much of a column or constraint as can be parsed, and the rest."""
    words = [token.end + 1 for token in sqlglot.tokenize(part, read=dialect)]
    for end in reversed(words):
        kept, rest = part[:end], part[end:]
        if kept.count("(") != kept.count(")"):
            continue
        kept += "".join(said for pattern, said in _KEPT.items() if pattern.search(rest))
        if _tree(f"{head}({kept})", dialect) is not None:
            return kept, rest.strip()
    return "", part.strip()


def _tree(text: str, dialect: str) -> Any:
    try:
        tree = sqlglot.parse_one(text, read=dialect)
    except (SqlglotError, AttributeError):
        return None
    return tree if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema) else None


def _split(piece: str, dialect: str) -> tuple[str, list[str], str]:
    """What stands before the parentheses of a `create table`, the parts between them, and what stands behind."""
    depth, start, first, parts = 0, 0, 0, []
    for token in sqlglot.tokenize(piece, read=dialect):
        kind = token.token_type.name
        if kind == "L_PAREN":
            depth += 1
            if depth == 1:
                first = token.start
                start = token.end + 1
        elif kind == "R_PAREN" or (kind == "COMMA" and depth == 1):
            depth -= kind == "R_PAREN"
            if depth == 0 or kind == "COMMA":
                parts.append(piece[start : token.start])
                start = token.end + 1
        if depth == 0 and kind == "R_PAREN":
            return piece[:first], parts, piece[start:]
    raise SqlglotError("no table")
