"""What a step costs, against what bounds it."""
