"""What the linter sees instead of dbt's target."""

type = "postgres"
