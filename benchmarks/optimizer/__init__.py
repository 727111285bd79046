"""`SparseAdam` against dense Adam."""
