"""Latency of exported models."""
