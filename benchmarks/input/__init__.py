"""Time that training waits for its batches."""
