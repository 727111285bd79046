"""Names of root features, each of an embedding table of its own."""

import re
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

ROOT = "root"
_IS_ROOT = re.compile(r"root([2-9]|[1-9]\d+)?").fullmatch


def root_names(count: int) -> tuple[str, ...]:
    """The first names.

    Example:
    >>> root_names(3)
    ('root', 'root2', 'root3')
    """
    return (ROOT, *(f"{ROOT}{number}" for number in range(2, count + 1)))


def numbered_roots(
    roots: Mapping[str, str], readers: Sequence[str]
) -> dict[str, str]:
    """Names for root features by the first that reads them.

    Args:
        roots: dict reader -> name; those left out read the first.
        readers: names in order.

    Returns:
        dict reader -> name; without those that read the first.

    Example:
    >>> numbered_roots({"s1": "root9", "s2": "root5"}, ["s1", "s2", "s3"])
    {'s2': 'root2', 's3': 'root3'}
    """
    read = [roots.get(name, ROOT) for name in readers]
    firsts = list(dict.fromkeys(read))
    new = dict(zip(firsts, root_names(len(firsts)), strict=True))
    return {
        name: new[root]
        for name, root in zip(readers, read, strict=True)
        if new[root] != ROOT
    }


def is_root_name(name: object) -> bool:
    """Whether it is the name of a root feature."""
    return isinstance(name, str) and _IS_ROOT(name) is not None


def in_order(roots: Iterable[str]) -> tuple[str, ...]:
    """Names of root features by their numbers."""
    return tuple(
        sorted(roots, key=lambda root: int(root.removeprefix(ROOT) or 1))
    )
