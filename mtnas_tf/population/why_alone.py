"""Which models cannot be trained side by side."""

from mtnas_tf.models import MultiTaskModel
from mtnas_tf.models.trainable_model import TrainableModel


def why_alone(model: MultiTaskModel) -> str | None:
    """Why a model cannot be one of a `ModelPopulation`.

    Args:
        model: `MultiTaskModel`.

    Returns:
        What follows "which" in a sentence on the model; `None` if it can.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> why_alone(mt.models.MMoE(data.schema))
    >>> why_alone(mt.models.RoutingNetworks(data.schema))
    'has a training step of its own'
    """
    if type(model).train_step is not TrainableModel.train_step:
        return "has a training step of its own"
    if model.cannot_be_balanced:
        return "is made of several networks already"
    if model.compute_dtype == "float16":
        return "is trained in float16, with one scale for all losses"
    if any(v.constraint is not None for v in model.trainable_variables):
        return "has weights with a constraint"
    return None
