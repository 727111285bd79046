"""One experiment per file: `get_config()` returns its `ExperimentConfig`."""
