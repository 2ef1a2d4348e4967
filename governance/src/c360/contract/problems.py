"""What of a contract cannot be understood, each with its place in the document."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from c360.clause.patterns import BadPattern
from c360.contract.document import Place
from c360.errors import Breach


@dataclass
class Problems:
    """A reading ends at its first problem, unless it is to `collect` them all."""

    collect: bool = False
    found: list[tuple[str, Place, Breach]] = field(default_factory=list)
    """By the rule of lint, the place in the document."""

    @contextmanager
    def at(self, place: Place, rule: str = "shape") -> Iterator[None]:
        """A Breach in here is one of that place, and of a contract's shape or of one promise in it."""
        try:
            yield
        except Breach as problem:
            if not self.collect:
                raise
            self.found.append((problem.rule if isinstance(problem, BadPattern) else rule, place, problem))
