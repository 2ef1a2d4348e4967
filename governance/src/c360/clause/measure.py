"""A measure: one number about a table, and the bound that it keeps."""

from dataclasses import dataclass

from c360.clause.arguments import Rule
from c360.clause.operators import OPERATORS

ZERO = Rule("violations", OPERATORS["mustBe"], 0)


@dataclass(frozen=True)
class Measure:
    """`expression`: an aggregate over the table, read in one pass with all others. `query`: a SELECT of its own.

    It either counts violations (its rule is `ZERO`) or has a bound of its own (metrics, sql rules, service levels).
    """

    rule: Rule = ZERO
    expression: str = ""
    query: str = ""

    def bound(self, negated: bool = False) -> str:
        """The comparison that holds (or, negated, that is a breach), e.g. `> 0`."""
        return self.rule.operator.bound(self.rule.expected, negated)

    def holds(self, value: float) -> bool:
        """Whether the measured value keeps the bound."""
        return self.rule.operator.holds(value, self.rule.expected)

    def as_violations(self, relation: str) -> str:
        """A SELECT of the number of violations: the count itself, or 1 where a bound is broken."""
        source = f"select {self.expression} as measured from {relation}" if self.expression else self.query
        if self.rule is ZERO:
            return source
        return f"select case when measured {self.bound()} then 0 else 1 end from ({source}) as m(measured)"
