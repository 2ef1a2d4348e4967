"""What of a contract cannot be understood, each with its place in the document."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from c360.contract.document import Place
from c360.errors import Breach


@dataclass
class Problems:
    """A reading ends at its first problem, unless it is to `collect` them all."""

    collect: bool = False
    found: list[tuple[Place, Breach]] = field(default_factory=list)

    @contextmanager
    def at(self, place: Place) -> Iterator[None]:
        """A Breach in here is one of that place."""
        try:
            yield
        except Breach as problem:
            if not self.collect:
                raise
            self.found.append((place, problem))
