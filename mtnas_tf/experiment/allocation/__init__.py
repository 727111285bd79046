"""Compares allocations of components, on data sets of images."""
