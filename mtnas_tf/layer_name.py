"""Names inside a model that are made from names of tasks."""

import hashlib
import re

_REFUSED = re.compile(r"[^A-Za-z0-9_.-]")


def layer_name(role: str, name: str) -> str:
    """Name of the layer that has a role for a task or a sub-network.

    Args:
        role: string. What the layer is, such as `"tower"`.
        name: string. Any name of a task, or of a sub-network.

    Example:
    >>> layer_name("tower", "click")
    'tower_click'
    """
    return f"{role}_{safe_name(name)}"


def safe_name(name: str) -> str:
    """The name as far as Keras, TensorFlow and HDF5 take it.

    What they refuse is replaced; a digest of the whole name then keeps two
    apart that would have become the same.

    Args:
        name: string. Any name of a task.

    Example:
    >>> safe_name("click"), safe_name("click rate")
    ('click', 'click_rate_4bd507f6')
    """
    safe = _REFUSED.sub("_", name)
    if safe == name:
        return name
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{safe}_{digest[:8]}"
