"""A delivery as it comes: opened, unpacked, read as records in the form of its sender. Nothing here knows an engine."""
