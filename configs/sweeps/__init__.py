"""One table or figure per file: `get_sweep()` returns its `Sweep`."""
