"""One file a verb: all of click, and nothing else."""
