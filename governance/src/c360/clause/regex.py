"""Regular expressions, read as an engine compiles them: what Postgres would refuse, and what Java (Databricks, Spark).

Lint has no database. This reads a pattern by the rules of Postgres' own compiler (regc_lex.c, regcomp.c: "advanced
regular expressions") and, for Java, what `java.util.regex.Pattern` refuses of what Postgres takes. No pattern is ever
run here: Python's engine knows no deadline.
"""

import re
from dataclasses import dataclass, field

_LARGEST = 10_000
"""Characters of a pattern whose repetitions are written out: Postgres compiles that in a moment."""
_BOUND = 255
_CLASSES = frozenset(
    [
        "alnum",
        "alpha",
        "ascii",
        "blank",
        "cntrl",
        "digit",
        "graph",
        "lower",
        "print",
        "punct",
        "space",
        "upper",
        "word",
        "xdigit",
    ]
)
_PLAIN = frozenset("abBcefnrtvuUx0")
_SETS = frozenset("dDsSwW")
_EDGES = frozenset("AmMyYZ")
"""Escapes of Postgres by what they are: one character, one of a set, a place."""
_JAVA = frozenset("abcdefhnrstuvwxzABDGHNPRSVWXZ0123456789")
_JAVA_OPTIONS = frozenset("dimsuxU")
_OPTIONS = frozenset("cimnpstw")
_BEGINS_REPETITION = re.compile(r"[*+?]|\{[0-9]")
_REPEATED = re.compile(r"\{([0-9]+)(,([0-9]*))?\}")


class Fault(Exception):
    """Why a pattern does not compile. `broken`: no engine would take it."""

    def __init__(self, why: str, broken: bool = True) -> None:
        self.broken = broken
        super().__init__(why)


@dataclass
class _Group:
    """A bracket that is open: how large its branch is so far, and the largest number of its capture."""

    number: int = 0
    looks: str = ""
    """`=` and `!` for what looks ahead, `<` for what looks behind; empty for a group."""
    size: int = 0
    last: int = 0
    """Size of what can be repeated now; 0 where nothing can be."""


@dataclass
class _Reader:
    text: str
    at: int = 0
    open: list[_Group] = field(default_factory=lambda: [_Group()])
    groups: int = 0
    closed: set[int] = field(default_factory=set)

    def read(self) -> None:
        self._options()
        while self.at < len(self.text):
            self._piece()
        if len(self.open) > 1:
            raise Fault("a ( has no )")

    def _options(self) -> None:
        if self.text.startswith("***"):
            raise Fault("*** has nothing to repeat")
        found = re.match(r"\(\?([A-Za-z]+)", self.text)
        if found:
            end = found.end()
            if not set(found[1]) <= _OPTIONS or self.text[end : end + 1] != ")":
                raise Fault(f"{found[0]} begins no group that Postgres knows", broken=False)
            self.at = end + 1

    def _piece(self) -> None:
        char = self.text[self.at]
        if char == "(":
            self._open_group()
        elif char == ")":
            self._close_group()
        elif char == "|":
            self.open[-1].last = 0
            self.at += 1
        elif _BEGINS_REPETITION.match(self.text, self.at):
            self._repeat()
        elif char == "[":
            self._add(self._brackets())
        elif char == "\\":
            self._add(self._escape())
        else:
            self.at += 1
            self._add(0 if char in "^$" else 1)

    def _add(self, size: int) -> None:
        """One more thing; 0 is a place, which cannot be repeated."""
        here = self.open[-1]
        here.size += size
        here.last = size

    def _open_group(self) -> None:
        start = self.text[self.at : self.at + 4]
        if start.startswith("(?#"):
            end = self.text.find(")", self.at)
            self.at = len(self.text) if end < 0 else end + 1
            return
        group = _Group()
        if start.startswith("(?:"):
            self.at += 3
        elif start[:3] in ("(?=", "(?!"):
            group.looks, self.at = "=", self.at + 3
        elif start in ("(?<=", "(?<!"):
            group.looks, self.at = "<", self.at + 4
        elif start.startswith("(?"):
            raise Fault(f"{start[:3]} begins no group that Postgres knows", broken=len(start) < 3)
        else:
            self.at += 1
            if not any(group.looks for group in self.open):
                self.groups += 1
                group.number = self.groups
        if len(self.open) > 200:
            raise Fault("its groups are nested too deeply", broken=False)
        self.open.append(group)

    def _close_group(self) -> None:
        if len(self.open) == 1:
            raise Fault("a ) has no (")
        group = self.open.pop()
        self.closed.add(group.number)
        self.at += 1
        self._add(group.size)
        self.open[-1].last = 0 if group.looks else max(group.size, 1)

    def _repeat(self) -> None:
        here, start = self.open[-1], self.at
        if self.text[self.at] == "{":
            found = _REPEATED.match(self.text, self.at)
            if not found:
                raise Fault("a { before a number is no {2}, {2,} or {2,5}: write \\{", broken=False)
            least = int(found[1][:9])
            most = least if found[2] is None else int(found[3][:9]) if found[3] else None
            self.at = found.end()
            if most is not None and most < least:
                raise Fault(f"{found[0]} counts downwards")
            if max(least, most or 0) > _BOUND:
                raise Fault(f"{found[0]} repeats more than {_BOUND} times; say it by minLength and maxLength", False)
            times = max(least + 1 if most is None else most, 1)
        else:
            self.at += 1
            times = 1
        if not here.last:
            raise Fault(f"{self.text[start]} has nothing to repeat")
        here.size += here.last * (times - 1)
        if here.size > _LARGEST:
            raise Fault(f"written out it has more than {_LARGEST} characters", broken=False)
        here.last = 0
        if self.text[self.at : self.at + 1] == "?":
            self.at += 1

    def _escape(self) -> int:
        """The size of an escape outside brackets."""
        char = self._escaped()
        if char in _EDGES:
            return 0
        if "1" <= char <= "9":
            digits = re.compile("[0-9]+").match(self.text, self.at)
            number = int((char + (digits[0] if digits else ""))[:9])
            if digits and number > self.groups:  # an octal code
                self._octal()
                return 1
            self.at = digits.end() if digits else self.at
            if number not in self.closed or any(group.looks for group in self.open):
                raise Fault(f"\\{number} refers to no group before it", broken=False)
        return 1

    def _escaped(self) -> str:
        """The character behind a backslash, with what belongs to it read."""
        char = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if not char:
            raise Fault("it ends in a backslash")
        if not (char.isascii() and char.isalnum()):
            return char
        if not ("1" <= char <= "9") and char not in _PLAIN | _SETS | _EDGES:
            raise Fault(f"\\{char} is no escape that Postgres knows", broken=False)
        if char == "c":
            self.at += 1
            if self.at > len(self.text):
                raise Fault("it ends in \\c")
        if char == "0":
            self.at -= 1
            self._octal()
        if char in "uUx":
            self._code(char)
        return char

    def _octal(self) -> None:
        found = re.compile("[0-7]{1,3}").match(self.text, self.at)
        if found is None:
            raise Fault(f"\\{self.text[self.at - 1]} is no code of a character", broken=False)
        self.at = found.end() - (int(found[0], 8) > 0xFF)

    def _code(self, kind: str) -> None:
        least, most = {"u": (4, 4), "U": (8, 8), "x": (1, 255)}[kind]
        found = re.compile(f"[0-9a-fA-F]{{{least},{most}}}").match(self.text, self.at)
        if found is None or int(found[0], 16) > 0x10FFFF:
            raise Fault(f"\\{kind} is followed by no code of a character", broken=False)
        self.at = found.end()

    def _brackets(self) -> int:
        """A set of characters."""
        self.at += 1 + (self.text[self.at + 1 : self.at + 2] == "^")
        first, low = True, ""
        while True:
            char = self.text[self.at : self.at + 1]
            if not char:
                raise Fault("a [ has no ]")
            if char == "]" and not first:
                self.at += 1
                return 1
            if char == "-" and not first and self.text[self.at + 1 : self.at + 2] != "]":
                if not low:
                    raise Fault("a - in brackets stands between no two characters: write \\-", broken=False)
                self.at += 1
                high = self._member(in_range=True)
                if not high or _code_point(high) < _code_point(low):
                    raise Fault(f"the range {low}-{high} in brackets has no beginning or runs backwards", bool(high))
                low, first = "", False
                continue
            low, first = self._member(), False

    def _member(self, in_range: bool = False) -> str:
        """One member of a set, as it is written; empty for what is no single character."""
        char, after, start = self.text[self.at : self.at + 1], self.text[self.at + 1 : self.at + 2], self.at
        if not char:
            raise Fault("a [ has no ]")
        if char == "[" and after == ":":
            found = re.compile(r"\[:([a-z]+):\]").match(self.text, self.at)
            if found is None or found[1] not in _CLASSES:
                raise Fault("[: in brackets begins no class such as [:alpha:]: write \\[:", broken=False)
            self.at = found.end()
            return ""
        if char == "[" and after and after in ".=":
            raise Fault(f"[{after} in brackets begins a name of a character: write \\[{after}", broken=False)
        if char == "]" and in_range:
            raise Fault("a range in brackets has no end")
        if char != "\\":
            self.at += 1
            return char
        escaped = self._escaped()
        if escaped in _EDGES:
            raise Fault(f"\\{escaped} stands in brackets, where it is a place and no character", broken=False)
        if "1" <= escaped <= "9":
            raise Fault(f"\\{escaped} stands in brackets, where no group is known", broken=False)
        return "" if escaped in _SETS else self.text[start : self.at]


_CODES = {"a": 7, "b": 8, "B": 92, "e": 27, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}


def _code_point(written: str) -> int:
    if not written.startswith("\\") or len(written) == 1:
        return ord(written)
    kind, rest = written[1], written[2:]
    if kind == "c":
        return ord(rest) & 0o37
    if kind == "0":
        return int(written[1:], 8)
    if kind in "uUx":
        return int(rest, 16)
    return _CODES.get(kind, ord(kind))


def check_length(pattern: str) -> None:
    """Raises Fault for a pattern that is too long to be read in a moment."""
    if len(pattern) > _LARGEST:
        raise Fault(f"it is longer than {_LARGEST} characters", broken=False)


def check_postgres(pattern: str) -> None:
    """Raises Fault where Postgres cannot compile `pattern`, as it is written for Postgres."""
    check_length(pattern)
    _Reader(pattern).read()


def check_java(pattern: str) -> None:
    """Raises Fault where Java cannot compile `pattern`, or reads it otherwise, though Postgres takes it."""
    options = re.match(r"\(\?([A-Za-z]+)\)", pattern)
    if options and not set(options[1]) <= _JAVA_OPTIONS:
        raise Fault(f"{options[0]} is no option that Java knows", broken=False)
    behind, inside, before = list[bool](), False, ""
    for found in re.finditer(r"\\x[0-9a-fA-F]{2}|\\x|\\.|[^\\]", pattern, re.DOTALL):
        piece, rest = found[0], pattern[found.start() : found.start() + 24]
        if piece[0] == "\\":
            _check_java_escape(piece, rest, inside)
        elif inside:
            if piece == "[" or (piece == before == "&"):
                raise Fault(f"{piece} in brackets means something else to Java: write \\{piece}", broken=False)
            inside = piece != "]"
        elif piece == "[":
            inside = True
        elif piece == "(":
            if rest.startswith("(?#"):
                raise Fault("(?# begins no group that Java knows", broken=False)
            behind.append(rest.startswith(("(?<=", "(?<!")) or any(behind[-1:]))
        elif piece == ")" and behind:
            behind.pop()
        elif piece == "{" and not _REPEATED.match(rest):
            raise Fault("a { repeats nothing, which Java refuses: write \\{", broken=False)
        elif any(behind[-1:]) and re.match(r"[*+]|\{[0-9]+,\}", rest):
            raise Fault("what (?<= or (?<! looks back at has no greatest length, which Java refuses", broken=False)
        before = piece


def _check_java_escape(piece: str, rest: str, inside: bool) -> None:
    char = piece[1]
    known = not (char.isascii() and char.isalnum()) or char in _JAVA
    complete = piece != "\\x" and not (char == "0" and not re.match(r"\\0[0-7]", rest))
    if not known or not complete or (inside and char in "bB"):
        raise Fault(f"{piece}{' in brackets' * inside} is no escape that Java knows", broken=False)
