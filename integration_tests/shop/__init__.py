"""A shop for what needs tastes: invented customers and purchases with something to learn, and defects by hand."""
