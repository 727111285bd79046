"""The quickstart: what the product is for, in two minutes."""
