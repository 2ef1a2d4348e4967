"""Patterns of a contract, which every engine must be able to compile before it meets data."""

from pathlib import Path

from c360.clause.dialect import DATABRICKS, POSTGRES, Dialect
from c360.clause.regex import Fault, check_length
from c360.clause.spelling import pieces
from c360.errors import Breach

_ENGINES: dict[str, Dialect] = {"Postgres": POSTGRES, "Databricks (Java)": DATABRICKS}
_SETS = tuple(f"\\{letter}" for letter in "dDsSwW")
_REMEDY = "Write what all engines read, with a backslash before a sign that means itself: docs/contracts.md#patterns."


class BadPattern(Breach):
    """A pattern that does not compile. `rule` is that of lint: `pattern` where no engine takes it."""

    def __init__(self, message: str, broken: bool) -> None:
        super().__init__(message, _REMEDY)
        self.broken, self.rule = broken, "pattern" if broken else "unclear"


def require_pattern(path: Path, whose: str, ecma: str) -> None:
    """Raises BadPattern, naming `path` and `whose` pattern it is, for one that an engine cannot compile."""
    for name, dialect in _ENGINES.items():
        try:
            check_length(ecma)
            _check_brackets(ecma)
            dialect.check_pattern(dialect.pattern(ecma))
        except Fault as fault:
            where = "" if fault.broken else f" on {name}"
            message = f"{path}: the pattern {_shown(ecma)} {whose} does not compile{where}: {fault}."
            raise BadPattern(message, fault.broken) from None


def _shown(pattern: str) -> str:
    return repr(pattern if len(pattern) <= 200 else f"{pattern[:200]}…")


def _check_brackets(ecma: str) -> None:
    """What engines read differently: a ] at the beginning of brackets, and a - beside a class."""
    listed, within, before = list(pieces(ecma)), False, ""
    for (piece, inside), (after, _) in zip(listed, [*listed[1:], ("", False)], strict=False):
        if piece == "]" and before in ("[", "[^"):
            raise Fault("a ] stands at the beginning of brackets: write \\]", broken=False)
        if piece == "-" and inside and after != "]" and (before in _SETS or (after in _SETS and before[:1] != "[")):
            raise Fault("a - in brackets stands beside a class of characters: write \\-", broken=False)
        opens = piece == "[" and not within
        before = "[" if opens else "[^" if piece == "^" and before == "[" else piece.replace("[", " ")
        within = inside
