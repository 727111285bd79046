"""The memory that this process may use."""

from pathlib import Path

import psutil

# A container's own limit: control groups of version 2 and 1.
LIMIT_FILES = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def machine_memory() -> int:
    """Bytes of the machine's memory, or of its container's limit."""
    limits = [int(psutil.virtual_memory().total)]
    for file in LIMIT_FILES:
        if file.is_file():
            text = file.read_text(encoding="utf-8").strip()
            limits += [int(text)] if text.isdigit() else []  # "max": no limit
    return min(limits)
