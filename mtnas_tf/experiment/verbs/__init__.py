"""The verbs of the command line, one file each, from files to files.

A run directory is made whole by `train` or `search`; later verbs add files to
it. Its `config.json` repeats the run.
"""
