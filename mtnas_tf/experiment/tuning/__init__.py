"""What tuning found, in numbers and in words."""
