"""Drafts of contracts from what people have: a delivery, a table, a dbt manifest, DDL, an older contract."""
