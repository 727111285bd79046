"""Which experts are used, and which are dead."""

from collections.abc import Sequence

import numpy as np

from mtnas_tf.routes.sharing_matrix import DEAD_BELOW
from mtnas_tf.routes.sharing_matrix import SharingMatrix


def expert_use(
    matrices: Sequence[SharingMatrix], threshold: float = DEAD_BELOW
) -> list[dict[str, float]]:
    """The use of every source, layer by layer, from the tasks down.

    A source's use is that of the reader that uses it most, see
    `SharingMatrix.use_by_reader`; it is dead if that lies below a tenth of an
    equal share. A dead expert does not count as a reader: what only dead
    experts read has use 0.

    Args:
        matrices: of one body, from its root to its tasks.
        threshold: float > 0, in equal shares. Defaults to `0.1`.

    Returns:
        for each matrix a dict source -> its use.

    Example:
    >>> below = SharingMatrix(
    ...     "layer 1", ["s3", "s4"], ["s1", "s2"], np.eye(2), kind="link"
    ... )
    >>> above = SharingMatrix(
    ...     "layer 2", ["click"], ["s3", "s4"], [[1, 0]], kind="link"
    ... )
    >>> expert_use([below, above])
    [{'s1': 2.0, 's2': 0.0}, {'s3': 2.0, 's4': 0.0}]
    """
    found: list[dict[str, float]] = []
    above: dict[str, float] = {}
    for matrix in reversed(matrices):
        is_dead = [above.get(r, np.inf) < threshold for r in matrix.readers]
        use = matrix.use_by_reader()
        use[np.array(is_dead)] = 0.0
        above = dict(zip(matrix.sources, use.max(axis=0).tolist(), strict=True))
        found.insert(0, above)
    return found
