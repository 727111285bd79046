"""A made-up log of interactions with two groups of tasks."""
