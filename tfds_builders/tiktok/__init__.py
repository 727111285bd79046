"""Track 2 of the ICME 2019 Short Video Understanding Challenge."""
