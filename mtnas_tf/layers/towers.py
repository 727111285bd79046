"""Towers: the last layers of every task."""

import dataclasses
from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_widths
from mtnas_tf.data import TaskSpec
from mtnas_tf.layer_name import layer_name
from mtnas_tf.layers.bank_normalization import KINDS
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.task_activations import TaskActivations
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors


@keras.saving.register_keras_serializable(package="mtnas_tf")
class Towers(keras.layers.Layer):
    """A small network for each task, then its activation.

    The last layer of a tower is dense, with one unit, or one for each class of
    a multi-class task. Predictions keep their logits, from which losses are
    computed.

    Args:
        tasks: sequence of `TaskSpec`.
        tower_units: sequence of int > 0. Widths of a tower's hidden layers.
            Defaults to `()`, none.
        normalization: of the hidden layers, see `Experts`. Defaults to `None`.
        dropout_rate: of the hidden layers, see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        representations: dict task name -> `(batch, units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> float32 `(batch, 1)`: the probability of a binary
        task, the predicted value of a regression; `(batch, classes)`: the
        probabilities of a multi-class task.

    Example:
    >>> towers = mt.layers.Towers([mt.data.TaskSpec(name="click")])
    >>> towers({"click": np.ones((2, 3))})["click"].shape
    TensorShape([2, 1])
    """

    def __init__(
        self,
        tasks: Sequence[TaskSpec],
        tower_units: Sequence[int] = (),
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_widths(tower_units=tower_units)
        check_choices((None, *KINDS), normalization=normalization)
        check_fractions(dropout_rate=dropout_rate)
        self.tower_units = tuple(map(int, tower_units))
        self.normalization = normalization
        self.dropout_rate = dropout_rate
        self.activate = TaskActivations(
            tasks, dtype=self.dtype_policy, name="activations"
        )
        self.tasks = self.activate.tasks
        self.hidden: dict[str, Experts] = {}
        self.output_layers: dict[str, keras.layers.Dense] = {}

    def build(self, representations_shape: dict[str, Shape]) -> None:
        for task in self.tasks:
            shape = representations_shape[task.name]
            if self.tower_units:
                hidden = Experts(
                    1,
                    self.tower_units,
                    self.normalization,
                    self.dropout_rate,
                    dtype=self.dtype_policy,
                    name=layer_name("hidden", task.name),
                )
                hidden.build(shape)
                self.hidden[task.name] = hidden
                shape = (shape[0], hidden.units)
            output = keras.layers.Dense(
                task.num_outputs,
                dtype=self.dtype_policy,
                name=layer_name("tower", task.name),
            )
            output.build(shape)
            self.output_layers[task.name] = output

    def call(
        self, representations: TaskTensors, training: bool = False
    ) -> TaskTensors:
        hidden = self.hidden_of(representations, training)
        predictions: TaskTensors = self.activate(self.logits_of(hidden))
        return predictions

    def hidden_of(
        self, representations: TaskTensors, training: bool = False
    ) -> TaskTensors:
        """The outputs of the hidden layers, `(batch, units)` each."""
        if not self.tower_units:
            return representations
        return {
            task: hidden(representations[task], training=training)[:, 0, :]
            for task, hidden in self.hidden.items()
        }

    def logits_of(self, hidden: TaskTensors) -> TaskTensors:
        """The outputs of the last layers, float32 `(batch, outputs)` each."""
        return {
            task: ops.cast(output(hidden[task]), "float32")
            for task, output in self.output_layers.items()
        }

    def compute_output_shape(
        self, representations_shape: dict[str, Shape]
    ) -> dict[str, Shape]:
        return {
            task.name: (
                representations_shape[task.name][0],
                task.num_outputs,
            )
            for task in self.tasks
        }

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": [dataclasses.asdict(task) for task in self.tasks],
            "tower_units": list(self.tower_units),
            "normalization": self.normalization,
            "dropout_rate": self.dropout_rate,
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        tasks = [TaskSpec(**task) for task in config["tasks"]]
        return cls(**{**config, "tasks": tasks})
