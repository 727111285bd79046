"""Images of many tasks through components that tasks share as they learn."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import NoReturn

import keras
import numpy as np
import tensorflow as tf  # one operation for a sum of squares
from keras import ops

from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_widths
from mtnas_tf.data import TaskSpec
from mtnas_tf.layers import ComponentStack
from mtnas_tf.layers import SavedDropout
from mtnas_tf.layers import TaskCopies
from mtnas_tf.layers import TaskHeads
from mtnas_tf.layers.component_stack import STRIDES
from mtnas_tf.models.new_allocation import SHARINGS
from mtnas_tf.models.new_allocation import new_allocation
from mtnas_tf.models.task_step_model import TaskStepModel
from mtnas_tf.models.tasks_of_classes import tasks_of_classes
from mtnas_tf.types import Array
from mtnas_tf.types import Config
from mtnas_tf.types import DType
from mtnas_tf.types import Inputs
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class AllocationNet(TaskStepModel):
    """Classifies images of several tasks, each through components of its own.

        x_0 = relu(group_norm(conv_1x1(image)))
        x_l = relu(group_norm(sum_c share_tlc component_lc(x_(l-1))))
        p_t = softmax(dense_t(dropout(flatten(x_L))))

    All tasks may share the components, see `Allocation` for the shares that are
    learned; heads are each task's own. A batch holds rows of one task, and a
    step of `fit` trains that task alone: its logits and head, and all
    components, which it reads with shares that may be 0. The loss is

        mean cross-entropy + penalty of the allocation + l2 * sum 1/2 |w|^2

    over all weights w but biases and the allocation's logits, of heads (and
    separate networks) those of the task. With all components on for all tasks
    this is a network shared as a whole.

    Args:
        num_classes: dict task name -> int > 0, in the tasks' order.
        image_shape: sequence of three ints: height, width, channels. Defaults
            to `(105, 105, 1)`.
        components: see `ComponentStack`. Defaults to `None`, the published.
        strides: sequence of int > 0, one a layer. Defaults to
            `(2, 2, 1, 2, 2, 1, 2, 1)`.
        num_filters: int > 0. Channels everywhere. Defaults to `48`.
        num_groups: int > 0. See `Component`. Defaults to `4`.
        dropout_rate: float in [0, 1). In front of the heads. Defaults to `0.5`.
        l2: float >= 0. Defaults to `3e-4`.
        sharing: `"learned"`; `"mean"` and `"sum"`, all components for all tasks
            (the sum is the authors' shared bottom); `"random"`, drawn for each
            task within the budget; `"given"`, `allocated`; or `"separate"`, a
            network with all components for each task. Defaults to `"learned"`.
        allocated: array of 0 and 1, `(tasks, layers, components)`, if it is
            given, such as the `allocated` of another model. Defaults to `None`.
        budget: see `Allocation`, or what a random allocation uses. Defaults to
            `1.0`.
        budget_penalty: see `Allocation`. Defaults to `0.0`.
        entropy_penalty: see `Allocation`. Defaults to `0.0`.
        entropy_steps: see `Allocation`. Defaults to `160000`.
        entropy_exponent: see `Allocation`. Defaults to `1.0`.
        disconnect_penalty: see `Allocation`. Defaults to `0.0`.
        initial_probability: see `Allocation`. Defaults to `0.97`.
        initial_temperature: see `Allocation`. Defaults to `50.0`.
        final_temperature: see `Allocation`. Defaults to `0.5`.
        learning_rate_factor: see `Allocation`. Defaults to `20.0`.
        seed: int >= 0. Of draws and dropout. Defaults to `0`.
        name: string, or `None`.
        dtype: policy of the layers, or `None`.

    Call arguments:
        inputs: dict of `images`, float32 `(batch, *image_shape)`, and `task`,
            int32 scalar, index of their task.
        training: bool. Defaults to `False`.

    Returns:
        Probabilities, float32 `(batch, max(num_classes))`; 0 for classes that
        the task does not have.

    Example:
    >>> model = AllocationNet(
    ...     {"latin": 3, "greek": 2}, (8, 8, 1), strides=(2, 2), num_filters=4
    ... )
    >>> images = np.ones((5, 8, 8, 1))
    >>> model({"images": images, "task": np.array(1)}).shape
    TensorShape([5, 3])
    >>> model.allocated.shape
    (2, 2, 7)

    References:
    - [Maziarz et al., 2019](https://arxiv.org/abs/1910.04915).
    - Their code, `learning_parameter_allocation` in
      [google-research](https://github.com/google-research/google-research).
    """

    def __init__(
        self,
        num_classes: Mapping[str, int],
        image_shape: Sequence[int] = (105, 105, 1),
        components: Sequence[Sequence[str]] | None = None,
        strides: Sequence[int] = STRIDES,
        num_filters: int = 48,
        num_groups: int = 4,
        dropout_rate: float = 0.5,
        l2: float = 3e-4,
        sharing: str = "learned",
        allocated: Array = None,
        budget: float = 1.0,
        budget_penalty: float = 0.0,
        entropy_penalty: float = 0.0,
        entropy_steps: int = 160_000,
        entropy_exponent: float = 1.0,
        disconnect_penalty: float = 0.0,
        initial_probability: float = 0.97,
        initial_temperature: float = 50.0,
        final_temperature: float = 0.5,
        learning_rate_factor: float = 20.0,
        seed: int = 0,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(list(num_classes), name=name, dtype=dtype)
        check_ints(**{f"num_classes of {k}": v for k, v in num_classes.items()})
        check_widths(3, image_shape=image_shape)
        check_fractions(dropout_rate=dropout_rate)
        check_at_least(0, l2=l2)
        check_choices(SHARINGS, sharing=sharing)
        self.num_classes = dict(num_classes)
        self.image_shape = tuple(image_shape)
        self.dropout_rate = dropout_rate
        self.l2 = l2
        self.sharing = sharing
        # What a learned allocation takes beside its shape.
        self._learning: Config = {
            "budget": budget,
            "budget_penalty": budget_penalty,
            "entropy_penalty": entropy_penalty,
            "entropy_steps": entropy_steps,
            "entropy_exponent": entropy_exponent,
            "disconnect_penalty": disconnect_penalty,
            "initial_probability": initial_probability,
            "initial_temperature": initial_temperature,
            "final_temperature": final_temperature,
            "learning_rate_factor": learning_rate_factor,
            "seed": seed,
        }
        stack = ComponentStack(
            components,
            strides,
            num_filters,
            num_groups,
            dtype=self.dtype_policy,
            name="stack",
        )
        self._make_parts(stack, allocated)
        self._build_parts()

    @property
    def task_specs(self) -> tuple[TaskSpec, ...]:
        return tasks_of_classes(self.num_classes)

    def served_inputs(self) -> NoReturn:
        raise ValueError(
            "A model that trains one task in each step must not be exported: "
            "call `export.export_model(mt.derive.derive_allocation(model), "
            "directory)`. Received: an `AllocationNet`"
        )

    @property
    def allocated(self) -> np.ndarray:
        """Components that each task uses out of training, as 0 and 1.

        int `(tasks, layers, components)`.
        """
        return self.allocation.allocated

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        return ops.softmax(self.logits(inputs, training))

    def logits(self, inputs: Inputs, training: bool = False) -> Tensor:
        """What the softmax of `call` is taken of.

        Args:
            inputs: see `call`.
            training: bool. Defaults to `False`.
        """
        task = ops.convert_to_tensor(inputs["task"], "int32")
        shares = self.allocation.shares(task, training)
        if self.sharing == "separate":
            features = self.stack(inputs["images"], shares, task=task)
        else:
            features = self.stack(inputs["images"], shares)
        return self.heads(self.dropout(features, training=training), task=task)

    def penalty(self, task: Tensor) -> Tensor:
        """The loss of a task beside its cross-entropy.

        Args:
            task: int scalar. Index of the task.
        """
        total = self.allocation.penalty(task)
        if self.l2:
            total += self.l2 * tf.add_n(
                [
                    tf.nn.l2_loss(self._row(variable, task))
                    for layer in (self.stack, self.heads)
                    for variable in layer.trainable_variables
                    if variable.name != "bias"
                ]
            )
        return total

    def get_config(self) -> Config:
        pattern = self._pattern
        is_given = self.sharing == "given"
        return {
            "name": self.name,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            "num_classes": self.num_classes,
            "image_shape": list(self.image_shape),
            "components": [list(x) for x in pattern.components],
            "strides": list(pattern.strides),
            "num_filters": pattern.num_filters,
            "num_groups": pattern.num_groups,
            "dropout_rate": self.dropout_rate,
            "l2": self.l2,
            "sharing": self.sharing,
            "allocated": self.allocated.tolist() if is_given else None,
            **self._learning,
        }

    @property
    def _pattern(self) -> ComponentStack:
        is_separate = self.sharing == "separate"
        stack: ComponentStack = (
            self.stack.pattern if is_separate else self.stack
        )
        return stack

    def _make_parts(self, stack: ComponentStack, allocated: Array) -> None:
        policy = self.dtype_policy
        shape = (len(self.tasks), len(stack.strides), len(stack.components))
        self.allocation = new_allocation(
            self.sharing, shape, allocated, self._learning
        )
        is_separate = self.sharing == "separate"
        self.stack: ComponentStack | TaskCopies = (
            TaskCopies(stack, len(self.tasks), dtype=policy, name="stacks")
            if is_separate
            else stack
        )
        seed = self._learning["seed"]
        self.dropout = SavedDropout(
            self.dropout_rate, seed=seed, dtype=policy, name="dropout"
        )
        sizes = list(self.num_classes.values())
        self.heads = TaskHeads(sizes, dtype=policy, name="heads")

    def _build_parts(self) -> None:
        shape = (None, *self.image_shape)
        self.stack.build(shape)
        features = self._pattern.compute_output_shape(shape)
        self.heads.build(features)
        self.built = True

    def _row(self, variable: keras.Variable, task: Tensor) -> Tensor:
        if getattr(variable, "is_by_row", False):
            return ops.take(variable, task, axis=0)
        return variable
