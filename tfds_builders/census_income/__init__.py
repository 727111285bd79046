"""The Census-Income (KDD) data set."""
