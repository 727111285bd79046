"""A server's answers beside predictions in process."""
