"""The allocation of a model, by how its tasks share."""

from mtnas_tf.arguments import check_choices
from mtnas_tf.layers import Allocation
from mtnas_tf.layers import FixedAllocation
from mtnas_tf.types import Array
from mtnas_tf.types import Config

SHARINGS = ("learned", "mean", "sum", "random", "given", "separate")


def new_allocation(
    sharing: str,
    shape: tuple[int, int, int],
    allocated: Array,
    learning: Config,
) -> Allocation | FixedAllocation:
    """An `Allocation` or `FixedAllocation`.

    Args:
        sharing: one of `SHARINGS`, see `AllocationNet`.
        shape: ints `(tasks, layers, components)`.
        allocated: array of 0 and 1 of that shape, if it is given.
        learning: arguments of `Allocation` beside the shape.
    """
    check_choices(SHARINGS, sharing=sharing)
    if (sharing == "given") != (allocated is not None):
        raise ValueError(
            "`allocated` must be given if `sharing` is 'given', and not "
            f"otherwise. Received: sharing={sharing!r}, "
            f"allocated={allocated!r}"
        )
    name = "allocation"
    learned = Allocation(*shape, **learning, name=name)  # checks arguments
    if sharing == "learned":
        return learned
    if sharing == "random":
        budget, seed = learning["budget"], learning["seed"]
        return FixedAllocation.random(shape, budget, seed, name=name)
    if sharing != "given":
        aggregation = "sum" if sharing == "sum" else "mean"
        return FixedAllocation.shared(shape, aggregation, name=name)
    allocation = FixedAllocation(allocated, name=name)
    if allocation.allocated.shape != shape:
        raise ValueError(
            f"`allocated` must have the shape {shape}. "
            f"Received: shape={allocation.allocated.shape}"
        )
    return allocation
