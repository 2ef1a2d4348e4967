"""What a clause promises, as a sentence for people who do not read YAML."""

from c360.model import Clause


def describe(clause: Clause) -> str:
    """The promise as a sentence without its subject, which is the column or the table. The contract's own
    description counts where it has one."""
    return clause.description or clause.kind.describe(clause)
