"""An exported model, loaded back from its file."""

import dataclasses
from collections.abc import Callable

import numpy as np

from .tensor_info import TensorInfo


@dataclasses.dataclass(frozen=True, kw_only=True)
class Artefact:
    """An exported model as its runtime sees it.

    Args:
        inputs: tuple of `TensorInfo`, as the file declares them.
        outputs: tuple of `TensorInfo`, as the file declares them.
        run: function of a dict of input arrays that returns a dict of
            output arrays.
        unread: names of nodes, constants and inputs of the file that no output
            depends on. Defaults to `()`, none.
    """

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    run: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]
    unread: tuple[str, ...] = ()
