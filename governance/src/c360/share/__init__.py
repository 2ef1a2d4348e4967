"""What partners get: policies, pseudonyms, releases in which nobody stands alone, and roles that see nothing else."""
