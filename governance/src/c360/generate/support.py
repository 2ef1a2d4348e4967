"""The generic tests and macros that generated files call, for any dbt package: one source, in `package/` beside this.

In it `__package__` stands for the name of the dbt package.
"""

from importlib.resources import files

from c360.generate.target import Target

GATE_CLAUSE = "gate_clause.sql"
"""What only Elementary has a use for."""
CLAUSES = ("column_clause", "query_clause", "relationship_clause", "row_clause", "unexpected_columns_clause")
"""The generic tests of clauses, by name."""


def support(target: Target) -> dict[str, str]:
    """The files by their names, each with its text."""
    found = {}
    for file in sorted(files("c360.generate").joinpath("package").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql") and (target.elementary or file.name != GATE_CLAUSE):
            head = f"{{#- Generated from c360's own {file.name}. Do not edit; run: c360 generate #}}\n"
            found[file.name] = head + file.read_text(encoding="utf-8").replace("__package__", target.name)
    return found
