"""The cost of a step, beside lower bounds."""
