"""The poetry part of the Goodreads data sets."""
