"""Spark with Delta as the engine of the gate: Databricks, or a local session."""
