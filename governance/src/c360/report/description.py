"""Clauses and spans of time in words, for people who do not read YAML."""

from c360.model import Clause
from c360.printable import number, span


def in_words(clause: Clause) -> str:
    """The promise as a sentence without its subject, which is the column or the table. The contract's own
    description counts where it has one."""
    return clause.description or clause.kind.words(clause)


__all__ = ["in_words", "number", "span"]
