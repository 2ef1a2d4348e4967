"""What the linter sees instead of dbt's own macros."""


def type_string():
    return "text"
