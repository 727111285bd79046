"""Time of a search step, and of a whole search."""
