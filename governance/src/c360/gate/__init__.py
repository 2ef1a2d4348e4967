"""The gate: land a delivery, scan it with Soda, split off the rows that break clauses, promote the rest."""
