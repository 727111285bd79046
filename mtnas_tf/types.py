"""Types of values that no library gives one name."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

Tensor = Any  # whatever the Keras backend computes with
Array = Any  # a NumPy array, or what becomes one
Dataset = Any  # a tf.data.Dataset
Config = dict[str, Any]  # plain data, for JSON
DType = Any  # a dtype, or a policy of Keras
Optimizer = Any  # what `keras.optimizers.get` takes
Shape = tuple[Any, ...]  # of ints, or None where unknown
Initializer = Any  # what `keras.initializers.get` takes
# Of all fields, of each in turn, or field name -> width.
EmbeddingDim = int | Sequence[int] | Mapping[str, int]
Inputs = dict[str, Tensor]  # "ids" (batch, fields), "values" (batch, floats)
# Task name -> metric -> its value.
TaskMetrics = dict[str, dict[str, float]]
# Task name -> domain -> metric -> its value.
DomainMetrics = dict[str, dict[str, dict[str, float]]]
TaskTensors = dict[str, Tensor]  # keyed by task name
Batch = tuple[Any, ...]  # (inputs, labels) or (inputs, labels, sample weights)
# By task name, or in the tasks' order; of a single task, alone.
Labels = dict[str, Tensor] | Sequence[Tensor] | Tensor
# The same; alone, those of all tasks. None is 1 each.
SampleWeights = dict[str, Tensor | None] | Sequence[Tensor] | Tensor | None
Logs = dict[str, float] | None  # what `fit` tells its callbacks
