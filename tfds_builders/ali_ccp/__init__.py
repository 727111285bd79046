"""The Ali-CCP data set."""
