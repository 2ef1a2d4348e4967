"""Customer 360 governance: one contract drives every protection."""

__version__ = "1.4.0"
