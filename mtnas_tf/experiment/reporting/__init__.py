"""Reports of runs and comparisons: one page for a browser, alone in a file."""
