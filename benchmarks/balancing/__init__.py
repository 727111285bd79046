"""Steps that balance tasks, against plain ones."""
