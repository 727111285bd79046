"""How well models predict; run by `python -m studies`."""
