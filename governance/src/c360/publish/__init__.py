"""Pages and bundles for people outside."""
