"""Which patterns compile, by the rules of Postgres and of Java. The differential beside Postgres itself is in
integration_tests/fuzz/test_patterns.py."""

from pathlib import Path

import pytest

from c360.clause.dialect import DATABRICKS
from c360.clause.patterns import BadPattern, require_pattern

HERE = Path("things.odcs.yaml")
GOOD = [
    "^[A-Z]{2}[0-9]+$", r"^\d{3}-\d{4}$", r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", "a|b", "()", "(a|)", "^$", "a{0}", "a{255}",
    r"(?:ab)+?c", "(?=a)b", "(?!a)b", "(?<=a)b", "(?<!ab)c", r"(a)\1", "[a-z-]", "[-a]", "[+-]", r"[\w-]", r"[\d.-]",
    r"\u00e9\x41\t", "x{{1}}$", "^{%$", "a{,5}", "a{b}", "}", "é", "(?i)abc", r"[^[\]]+", "a&&b", "[&]", "(a+)+$",
    r"\(\)\[\]\{\}\.\*", "[a&&b]", r"^(a+)+$", "", r"[\]]", "[.]", "\\\\", r"[\\]",
]  # fmt: skip
BROKEN = [
    "[a-", "[", "(", ")", "(a", "a)", "*", "+a", "?", "a**", "a+*", "(*a)", "a|*b", "^*", "$+", "[z-a]", "a\\", "[a\\",
    "a{2,1}", "a{2}{3}", "***a", "[^", "[]", "(?", "a{1}*", r"\b+", "(?=a)*",
]  # fmt: skip
NOT_HERE = [
    r"\p{L}+", "(?<name>a)", "(?P<name>a)", "(?>a)", "a{256}", "a{1,1000}", r"\z", r"\Q.\E", r"\k<a>", r"\R", "[]a]",
    "[^]", r"[\w-.]", r"[a-\d]", "(?i:a)", "(?#x)a", r"\m", r"\y", "[[:alpha:]]", "[[.a.]]", r"\U00000041",
    "(?<=a+)b", "(?<!a{2,})b", r"\1", r"(a\1)", r"(?=(a))\1", "((a{1,200}){1,200}){1,200}", "(?x)a b", "(?n)a",
    r"[\b]", r"\0", r"\u12", r"\xZ", r"\x4", "a{2", "(" * 500 + ")" * 500,
]  # fmt: skip


@pytest.mark.parametrize("pattern", GOOD)
def test_honest_patterns_compile(pattern):
    require_pattern(HERE, "of word", pattern)


@pytest.mark.parametrize("pattern", BROKEN)
def test_what_no_engine_takes_is_broken(pattern):
    with pytest.raises(BadPattern) as caught:
        require_pattern(HERE, "of word", pattern)
    error = caught.value
    assert error.message.startswith(f"{HERE}: the pattern {pattern!r} of word does not compile"), error.message
    assert error.rule == "pattern" or (pattern in ("[]", "(?") and error.rule == "unclear")
    assert "docs/contracts.md#patterns" in error.remedy


@pytest.mark.parametrize("pattern", NOT_HERE)
def test_what_one_engine_lacks_is_told_with_the_engine(pattern):
    with pytest.raises(BadPattern) as caught:
        require_pattern(HERE, "of word", pattern)
    assert (
        " does not compile on Postgres: " in caught.value.message or " on Databricks (Java): " in caught.value.message
    )
    assert caught.value.rule == "unclear"


def test_the_reason_is_one_that_can_be_acted_on():
    for pattern, reason in (
        ("[a-", "does not compile: a [ has no ]."),
        ("a**", "does not compile: * has nothing to repeat."),
        ("a{1,300}", "does not compile on Postgres: {1,300} repeats more than 255 times; say it by minLength and maxL"),
        (r"\p{L}", "does not compile on Postgres: \\p is no escape that Postgres knows."),
        (r"[\w-.]", "does not compile on Postgres: a - in brackets"),
        ("(?<name>a)", "does not compile on Postgres: (?< begins no group that Postgres knows."),
    ):
        with pytest.raises(BadPattern) as caught:
            require_pattern(HERE, "of word", pattern)
        assert reason in caught.value.message


def test_java_gets_what_it_reads_in_the_same_way():
    assert DATABRICKS.pattern("x{{1}}$") == r"x\{{1}}\z"
    assert DATABRICKS.pattern(r"^[^[\]]+{") == r"^[^\[\]]+\{"
    assert DATABRICKS.pattern("[a&&b]&&") == r"[a&\&b]&&"
    assert DATABRICKS.pattern("a{2,3}{,3}") == r"a{2,3}\{,3}"


def test_a_pattern_of_any_length_is_read_in_bounded_time():
    for pattern in ("(" * 100_000, "[" * 100_000, "a{1,2}" * 50_000, "\\d" * 200_000, "(a|" * 150 + ")" * 150):
        try:
            require_pattern(HERE, "of word", pattern)
        except BadPattern as error:
            assert error.rule
