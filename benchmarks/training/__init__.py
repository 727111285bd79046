"""Training speed and memory, ours and peers'."""
