"""What is trained: one module each, see `benchmarks.quality.trial`."""
