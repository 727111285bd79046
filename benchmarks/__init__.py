"""Speed and memory, side by side with peers; run by `python -m benchmarks`."""
