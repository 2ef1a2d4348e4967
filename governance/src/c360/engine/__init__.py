"""Engines of the gate: what one has to bring (`interface`), and a folder each."""
