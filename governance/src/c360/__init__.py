"""c360: one contract drives every protection."""

__version__ = "1.4.0"
DISTRIBUTION = "customer360-governance"
"""What pip calls the toolkit."""
