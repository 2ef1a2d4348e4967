"""Forget: a person goes from everywhere, stays out, and the record proves it without naming them."""
