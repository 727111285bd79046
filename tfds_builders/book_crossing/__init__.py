"""The Book-Crossing data set."""
