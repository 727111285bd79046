"""Every method of a config on the same data, over splits and seeds."""
