"""The parts of a root feature of several."""

from typing import Any


def root_parts(
    roots: Any, needed: tuple[str, ...], encoder: str, optional: str = ""
) -> tuple[Any, ...]:
    """Takes a dict of tensors, or of their shapes, apart.

    Args:
        roots: what a body was given.
        needed: names of the parts that it needs.
        encoder: name of the encoder that makes them.
        optional: name of one more part, `None` where it is not there. Defaults
            to `""`, none.

    Raises:
        ValueError: if a part is missing; it names the encoder.

    Example:
    >>> root_parts({"root": (2, 3)}, ("root",), "PEPNetEncoder", "prior")
    ((2, 3), None)
    """
    if not isinstance(roots, dict) or not set(needed) <= set(roots):
        given = list(roots) if isinstance(roots, dict) else roots
        raise ValueError(
            f"`roots` must be a dict of {', '.join(map(repr, needed))}; see "
            f"`mtnas_tf.features.{encoder}`. Received: roots={given}"
        )
    parts = tuple(roots[name] for name in needed)
    return (*parts, roots.get(optional)) if optional else parts
