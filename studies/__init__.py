"""Questions of research, run by `python -m studies`."""
