"""Two regression tasks of a chosen correlation."""
