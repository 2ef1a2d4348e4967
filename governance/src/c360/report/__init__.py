"""The report: Elementary's page over dbt's tests and the gate's verdicts, and the owner page."""
