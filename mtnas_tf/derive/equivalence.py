"""Checks a derived network against its supernet."""

from keras import ops

from mtnas_tf.losses.tower_outputs import tower_outputs_of
from mtnas_tf.models import MTNAS
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.types import Inputs
from mtnas_tf.types import Tensor


def max_difference(
    supernet: MTNAS, model: SparseRouteModel, inputs: Inputs
) -> float:
    """Largest difference in a logit from the supernet at the model's route.

    Args:
        supernet: `MTNAS`.
        model: `SparseRouteModel` with the supernet's weights, not recalibrated.
        inputs: one batch, see `MultiTaskModel`.

    Returns:
        float >= 0; about 1e-7 of the largest logit, from rounding, if the two
            agree.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> frame["like"] = frame.click
    >>> data = mt.data.from_dataframe(frame, ["click", "like"], batch_size=16)
    >>> supernet = mt.models.MTNAS(data.schema, num_layers=2, num_subnetworks=2)
    >>> inputs, labels = next(iter(data.train))
    >>> _ = supernet(inputs)
    >>> model = mt.derive.build_model(supernet, supernet.route)
    >>> max_difference(supernet, model, inputs) < 1e-5
    True
    """
    choices = supernet.space.choices(model.route)[None]
    expected = supernet.as_towers(supernet.route_logits(inputs, choices))
    predictions = model(inputs)
    return max(
        float(ops.max(ops.abs(_logits(predictions[task]) - expected[task])))
        for task in expected
    )


def _logits(predictions: Tensor) -> Tensor:
    """Logits of predictions, or the predictions if there are none."""
    outputs = tower_outputs_of(predictions)
    return predictions if outputs is None else outputs
