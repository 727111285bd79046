"""Towers whose product is the probability of a chain of events."""

import keras
from keras import ops

from mtnas_tf.layers.chained_towers import ChainedTowers
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class ESMMTowers(ChainedTowers):
    """The tower of a task that requires another is conditional on it.

        p(b) = p(a) p(b | a)        where b requires a

    The prediction of `b` is the product, and so its loss is over all rows: the
    tower of `p(b | a)` is trained without the bias of rows where `a` happened,
    for which alone its own label is known. Along a chain `p(a)` is a product
    itself. Other tasks have plain towers.

    With the logits `z` of `p(a)` and `c` of `p(b | a)` the logit of the product
    is `-log(exp(-z) + exp(-c) + exp(-z - c))`: losses and their gradients are
    as exact as those of a single sigmoid.

    Args:
        tasks: sequence of `TaskSpec`.
        tower_units: see `Towers`. Defaults to `()`.
        normalization: see `Towers`. Defaults to `None`.
        dropout_rate: see `Towers`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        representations: dict task name -> `(batch, units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> predictions, see `Towers`.

    Example:
    >>> click = mt.data.TaskSpec(name="click")
    >>> buy = mt.data.TaskSpec(name="buy", requires="click")
    >>> towers = mt.layers.ESMMTowers([click, buy])
    >>> outputs = towers({"click": np.zeros((1, 3)), "buy": np.zeros((1, 3))})
    >>> {name: float(p[0, 0]) for name, p in outputs.items()}
    {'click': 0.5, 'buy': 0.25}

    Reference:
    - [Ma et al., 2018](https://doi.org/10.1145/3209978.3210104), equations 1
      to 3.
    """

    def call(
        self, representations: TaskTensors, training: bool = False
    ) -> TaskTensors:
        logits = self.logits_of(self.hidden_of(representations, training))
        for task, required in self.links.items():
            logits[task] = _logit_of_product(logits[required], logits[task])
        predictions: TaskTensors = self.activate(logits)
        return predictions


def _logit_of_product(first: Tensor, second: Tensor) -> Tensor:
    """The logit of `sigmoid(first) * sigmoid(second)`."""
    terms = ops.stack([-first, -second, -first - second], axis=-1)
    return -ops.logsumexp(terms, axis=-1)
