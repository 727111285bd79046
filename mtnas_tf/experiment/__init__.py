"""Configs run from raw data to results."""
