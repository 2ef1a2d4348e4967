"""Contracts: read once, from ODCS YAML into clauses, the atom that everything else is keyed by."""

from c360.contract.load import find_contracts, load_contract
from c360.model import Clause, Column, Contract, Dataset, Relationship, Rule

__all__ = [
    "Clause",
    "Column",
    "Contract",
    "Dataset",
    "Relationship",
    "Rule",
    "find_contracts",
    "load_contract",
]
