"""Where data lives, and who may do what there."""
