"""Settings and fixtures shared by all tests."""

import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Hypothesis caches there what it finds in the sources; else in the repository.
os.environ.setdefault(
    "HYPOTHESIS_STORAGE_DIRECTORY",
    str(pathlib.Path(tempfile.gettempdir()) / "hypothesis"),
)
