"""Memory that training takes."""
