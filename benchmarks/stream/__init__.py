"""Data streamed from disk."""
