"""Status: what holds now, since when, and whether it is getting worse, read off the history.

`last` reads the last outcome of each clause, `state` says what these come to, `sla` how long freshness held,
`anomalies` what is unusual, `overview` puts it together, `cli` prints it. All times are UTC, by the clock of the runs.
"""
