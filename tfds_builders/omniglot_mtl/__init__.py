"""The Omniglot data set, an alphabet a task."""
