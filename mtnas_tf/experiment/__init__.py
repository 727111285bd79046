"""Experiments: from a config to results."""
