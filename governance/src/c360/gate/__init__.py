"""The gate: the story of a delivery. What it does to rows it asks an engine for, what it records the ledger."""
