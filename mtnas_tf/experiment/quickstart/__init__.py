"""The quickstart: what the product is for, in a few minutes."""
