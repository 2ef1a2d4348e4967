"""SQL text from clauses: one predicate a row clause, the same for gate, Soda and dbt."""
