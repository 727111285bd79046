"""How far a derived network is from its supernet."""

from keras import ops

from mtnas_tf.models import MTNAS
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.types import Inputs


def max_difference(
    supernet: MTNAS, model: SparseRouteModel, inputs: Inputs
) -> float:
    """Largest difference of a logit, the supernet pinned to the model's route.

    Args:
        supernet: `MTNAS`.
        model: `SparseRouteModel` with the supernet's weights, not recalibrated.
        inputs: one batch, see `MultiTaskModel`.

    Returns:
        float >= 0; where the two agree the rounding of the sums, some 1e-7 of
            the largest logit.
    """
    choices = supernet.space.choices(model.route)[None]
    expected = supernet.as_towers(supernet.route_logits(inputs, choices))
    logits = model.logits(inputs)
    return max(
        float(ops.max(ops.abs(logits[task] - expected[task])))
        for task in expected
    )
