"""Patterns that lint takes, beside the real Postgres: it refuses none of them, and hardly one is refused in vain."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from c360.clause.dialect import POSTGRES
from c360.clause.patterns import BadPattern, require_pattern
from c360.clause.regex import Fault, check_postgres
from c360.database import parameters
from c360.settings import Settings

PIECES = [
    "a", "b", "z", "1", "é", "-", "&&", "(", ")", "(a)", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?i)", "(?<n>", "(?#c)",
    "[", "]", "[^", "[a]", "a-z", "[:alpha:]", "[:x:]", "[.", "[=", "^", "$", ".", "*", "+", "?", "|", ")*", "***",
    "{", "}", "{2}", "{30}", "{2,1}", "{255}", "{256}", "{1,300}", "{,3}", "{3,", "{3", r"\d", r"\D", r"\w", r"\s",
    r"\b", r"\B", r"\y", r"\A", r"\Z", r"\z", r"\m", r"\e", r"\p{L}", r"\1", r"\2", r"\12", r"\0", r"\07", r"\x41",
    r"\u0041", r"\u00", r"\c", r"\-", r"\]", r"\[", "\\", r"\Q", r"\t",
]  # fmt: skip
patterns = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.text(st.sampled_from("ab01-^$.*+?|()[]{},\\dwbpux<=!:&"), max_size=10),
    st.text(max_size=6),
)


@pytest.fixture(scope="module")
def refuses(database: Settings) -> Iterator[object]:
    """What Postgres says of a pattern; empty where it compiles."""
    with closing(psycopg.connect(**parameters(database), autocommit=True)) as connection:  # type: ignore[arg-type]
        connection.execute(
            "create function pg_temp.refuses(pattern text) returns text language plpgsql as $$ begin perform '' ~ "
            "pattern; return ''; exception when others then return sqlerrm; end $$"
        )

        def ask(pattern: str) -> str:
            ((said,),) = connection.execute("select pg_temp.refuses(%s)", (pattern,)).fetchall()
            return str(said)

        yield ask


@given(pattern=patterns.filter(lambda text: "\x00" not in text and text.isprintable()))
@example(pattern="[a-")
@example(pattern="(a+)+$")
def test_postgres_compiles_what_lint_takes(refuses, pattern: str) -> None:
    said = refuses(POSTGRES.pattern(pattern))
    try:
        require_pattern(None, "of word", pattern)  # type: ignore[arg-type]
    except BadPattern as error:
        event("refused")
        assert said or not error.broken, f"Postgres compiles it: {error.message}"
        return
    event("taken")
    assert not said, f"lint takes {pattern!r}, and Postgres says: {said}"


@given(pattern=patterns.filter(lambda text: "\x00" not in text and text.isprintable()))
def test_the_rules_of_postgres_are_its_own(refuses, pattern: str) -> None:
    """Word for word, but for codes of characters in brackets and for names of characters."""
    try:
        check_postgres(pattern)
    except Fault as fault:
        known = ("in brackets", "written out", "too deeply", "(?x", "begins no group")
        assert refuses(pattern) or any(word in str(fault) for word in known), f"{pattern!r}: {fault}"
    else:
        assert not refuses(pattern)
