"""The AliExpress search data set."""
