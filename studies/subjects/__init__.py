"""What is trained: one module each, see `studies.trial`."""
