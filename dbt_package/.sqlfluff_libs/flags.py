"""What the linter sees instead of dbt's flags."""

INTROSPECT = True
