"""Postgres as the engine of the gate: landing, raw and quarantine, in the database of the ledger."""
