"""Lint: whether contracts follow the standard and the rules of the project, and what in them protects nothing."""
