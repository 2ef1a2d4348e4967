"""An operator means one thing: in SQL, in Python, in words, and where lint asks whether it can fail at all."""

import math

import pytest

from c360.clause.operators import OPERATORS
from c360.database import connect

VALUES = [-1, 0, 0.5, 1, 1.5, 2, 3]


@pytest.fixture(scope="module")
def ask(database):
    connection = connect(database)

    def ask(condition):
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(f"select {condition}")
            return cursor.fetchone()[0]

    yield ask
    connection.close()


def expected(operator):
    return (1, 2) if operator.numbers == 2 else 1


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=list(OPERATORS))
def test_sql_and_python_agree_and_a_breach_is_what_does_not_hold(ask, operator):
    bound, breach = (operator.bound(expected(operator), negated) for negated in (False, True))
    for value in VALUES:
        holds = operator.holds(value, expected(operator))
        assert (ask(f"{value} {bound}"), ask(f"{value} {breach}")) == (holds, not holds), value
    assert ask(f"cast({operator.broken_by(expected(operator))} as double precision) {bound}") is False


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=list(OPERATORS))
@pytest.mark.parametrize(("least", "most"), [(0, 0.5), (0, 1), (0, 3), (1, 1), (1, 2), (2, 3), (3, 9)])
def test_what_can_never_fail_and_never_hold(operator, least, most):
    between = {operator.holds(least + (most - least) * n / 60, expected(operator)) for n in range(61)}
    assert operator.always_or_never(expected(operator), least, most) == (between == {True}, between == {False})


def test_a_count_has_no_upper_end():
    assert OPERATORS["mustBeGreaterOrEqualTo"].always_or_never(0, 0, math.inf) == (True, False)
    assert OPERATORS["mustBeGreaterThan"].always_or_never(0, 0, math.inf) == (False, False)
    assert OPERATORS["mustBeLessThan"].always_or_never(0, 0, math.inf) == (False, True)


def test_descriptions():
    assert OPERATORS["mustBe"].describe(0) == "is 0"
    assert OPERATORS["mustNotBeBetween"].describe((1, 2)) == "does not lie between 1 and 2"
