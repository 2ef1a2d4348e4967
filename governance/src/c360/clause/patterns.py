"""Patterns of a contract, which every engine must be able to compile before it meets data."""

from collections.abc import Iterator
from pathlib import Path

from sqlglot import exp

from c360.clause.dialect import DATABRICKS, POSTGRES, Dialect
from c360.clause.regex import Fault
from c360.clause.spelling import pieces
from c360.errors import Breach

_ENGINES: dict[str, Dialect] = {"Postgres": POSTGRES, "Databricks (Java)": DATABRICKS}
_REMEDY = "Write what all engines read, with a backslash before a sign that means itself: docs/contracts.md#patterns."


class BadPattern(Breach):
    """A pattern that does not compile. `rule` is that of lint: `pattern` where no engine takes it."""

    def __init__(self, message: str, broken: bool) -> None:
        super().__init__(message, _REMEDY)
        self.rule = "pattern" if broken else "unclear"


def require_pattern(path: Path, whose: str, ecma: str) -> None:
    """Raises BadPattern, naming `path` and `whose` pattern it is, for one that an engine cannot compile."""
    for name, dialect in _ENGINES.items():
        try:
            _check_brackets(ecma)
            dialect.check_pattern(dialect.pattern(ecma))
        except Fault as fault:
            where = "" if fault.broken else f" on {name}"
            message = f"{path}: the pattern {ecma!r} {whose} does not compile{where}: {fault}."
            raise BadPattern(message, fault.broken) from None


def patterns_in(tree: exp.Expr) -> Iterator[str]:
    """The regular expressions that SQL holds as literals."""
    for node in tree.find_all(exp.RegexpLike, exp.RegexpILike, exp.RegexpReplace, exp.RegexpCount, exp.Substring):
        pattern = node.args.get("start") if isinstance(node, exp.Substring) else node.args.get("expression")
        if isinstance(pattern, exp.Literal) and pattern.is_string:
            yield pattern.this


def _check_brackets(ecma: str) -> None:
    """A bracket that begins with ] ends there by ECMA-262, and nowhere else."""
    before, within = "", False
    for piece, inside in pieces(ecma):
        if piece == "]" and before in ("[", "[^"):
            raise Fault("a ] stands at the beginning of brackets: write \\]", broken=False)
        opens = piece == "[" and not within
        before = piece if opens else "[^" if piece == "^" and before == "[" else ""
        within = inside
