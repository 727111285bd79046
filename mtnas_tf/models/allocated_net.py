"""The network of an allocation: what its tasks use, and nothing else."""

from collections.abc import Mapping
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_widths
from mtnas_tf.data import TaskSpec
from mtnas_tf.layer_name import safe_name
from mtnas_tf.layers import ComponentStack
from mtnas_tf.layers import FixedAllocation
from mtnas_tf.layers.component_stack import STRIDES
from mtnas_tf.models.portable_model import PortableModel
from mtnas_tf.models.tasks_of_classes import tasks_of_classes
from mtnas_tf.routes import AllocationPlan
from mtnas_tf.types import Array
from mtnas_tf.types import Config
from mtnas_tf.types import DType
from mtnas_tf.types import Inputs
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class AllocatedNet(PortableModel):
    """Every task's prediction of an image, by the components that it uses.

    Components that no task uses do not exist. What several tasks compute from
    the same tensor is computed once, see `AllocationPlan`.
    `mt.derive.derive_allocation` makes it of an `AllocationNet`, with the
    weights, to be exported.

    Args:
        num_classes: dict task name -> int > 0, in the tasks' order.
        allocated: array of 0 and 1, `(tasks, layers, components)`.
        image_shape: sequence of three ints: height, width, channels. Defaults
            to `(105, 105, 1)`.
        components: see `ComponentStack`. Defaults to `None`, the published.
        strides: sequence of int > 0, one a layer. Defaults to
            `(2, 2, 1, 2, 2, 1, 2, 1)`.
        num_filters: int > 0. Channels everywhere. Defaults to `48`.
        num_groups: int > 0. See `Component`. Defaults to `4`.
        aggregation: see `FixedAllocation`. Defaults to `"mean"`.
        separate: bool. Whether each task has weights of its own. Defaults to
            `False`.
        name: string, or `None`.
        dtype: policy of the layers, or `None`.

    Call arguments:
        inputs: dict of `images`, float32 `(batch, *image_shape)`.

    Returns:
        dict task name -> probabilities `(batch, classes)`.

    Example:
    >>> model = AllocatedNet(
    ...     {"latin": 3, "greek": 2}, [[[1, 0]], [[1, 1]]], (8, 8, 1),
    ...     [["conv3x3"], ["identity"]], strides=(2,), num_filters=4,
    ... )
    >>> model({"images": np.ones((5, 8, 8, 1))})["greek"].shape
    TensorShape([5, 2])

    Reference:
    - [Maziarz et al., 2019](https://arxiv.org/abs/1910.04915).
    """

    def __init__(
        self,
        num_classes: Mapping[str, int],
        allocated: Array,
        image_shape: Sequence[int] = (105, 105, 1),
        components: Sequence[Sequence[str]] | None = None,
        strides: Sequence[int] = STRIDES,
        num_filters: int = 48,
        num_groups: int = 4,
        aggregation: str = "mean",
        separate: bool = False,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        check_ints(**{f"num_classes of {k}": v for k, v in num_classes.items()})
        check_widths(3, image_shape=image_shape)
        check_bools(separate=separate)
        self.num_classes = dict(num_classes)
        self.image_shape = tuple(image_shape)
        self.allocation = FixedAllocation(allocated, aggregation)
        self.separate = separate
        rows = self.allocated[:, None] if separate else [self.allocated]
        # The plan of each stack of components.
        self.plans = tuple(AllocationPlan.of(bits) for bits in rows)
        self.stacks = [
            ComponentStack(
                components,
                strides,
                num_filters,
                num_groups,
                plan.active,
                dtype=self.dtype_policy,
                name=f"stack_{index}",
            )
            for index, plan in enumerate(self.plans)
        ]
        self.heads = [
            keras.layers.Dense(
                size,
                activation="softmax",
                dtype=self.dtype_policy,
                name=f"head_{safe_name(task)}",
            )
            for task, size in num_classes.items()
        ]
        self._build_parts()

    @property
    def allocated(self) -> np.ndarray:
        """Components of each task: int `(tasks, layers, components)`."""
        return self.allocation.allocated

    @property
    def task_specs(self) -> tuple[TaskSpec, ...]:
        return tasks_of_classes(self.num_classes)

    def served_inputs(self) -> dict[str, keras.InputSpec]:
        shape = (None, *self.image_shape)
        return {"images": keras.InputSpec("float32", shape, name="images")}

    def costs(self) -> dict[str, int]:
        return {
            **super().costs(),
            "Multiply-adds of an image": self.multiply_adds,
        }

    @property
    def multiply_adds(self) -> int:
        """Products with weights to predict all tasks of one image."""
        shape = (1, *self.image_shape)
        total = 0
        for stack, plan in zip(self.stacks, self.plans, strict=True):
            shapes = stack.input_shapes(shape)
            pixels = shapes[0][1] * shapes[0][2]
            total += pixels * self.image_shape[-1] * stack.num_filters
            total += sum(
                stack.routed[layer].component(part).multiply_adds(shapes[layer])
                for layer, _, part in plan.evaluations
            )
        features = stack.compute_output_shape(shape)[-1]
        return int(total + features * sum(self.num_classes.values()))

    def call(self, inputs: Inputs) -> TaskTensors:
        features: list[Tensor] = []
        for stack, plan in zip(self.stacks, self.plans, strict=True):
            features += self._run(stack, plan, inputs["images"])
        return {
            task: head(x)
            for task, head, x in zip(
                self.num_classes, self.heads, features, strict=True
            )
        }

    def get_config(self) -> Config:
        stack = self.stacks[0]
        return {
            "name": self.name,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            "num_classes": self.num_classes,
            "allocated": self.allocated.tolist(),
            "image_shape": list(self.image_shape),
            "components": [list(x) for x in stack.components],
            "strides": list(stack.strides),
            "num_filters": stack.num_filters,
            "num_groups": stack.num_groups,
            "aggregation": self.allocation.aggregation,
            "separate": self.separate,
        }

    def _run(
        self, stack: ComponentStack, plan: AllocationPlan, images: Tensor
    ) -> list[Tensor]:
        """The features of each task of a plan."""
        states = [stack.start(images)]
        shapes = stack.input_shapes((None, *self.image_shape))
        for layer, routed in enumerate(stack.routed):
            outputs: dict[tuple[int | None, int], Tensor] = {
                (parent, part): routed.component(part)(states[parent])
                for at, parent, part in plan.evaluations
                if at == layer
            }
            states = [
                routed.finish(
                    self._mixed([outputs[parent, part] for part in parts])
                    if parts
                    else _zeros(images, shapes[layer + 1])
                )
                for parent, parts in plan.layers[layer]
            ]
        return [stack.flatten(states[leaf]) for leaf in plan.leaves]

    def _mixed(self, outputs: list[Tensor]) -> Tensor:
        total = sum(outputs)
        is_mean = self.allocation.aggregation == "mean"
        return total / len(outputs) if is_mean else total

    def _build_parts(self) -> None:
        shape = (None, *self.image_shape)
        for stack in self.stacks:
            stack.build(shape)
        features = self.stacks[0].compute_output_shape(shape)
        for head in self.heads:
            head.build(features)
        self.built = True


def _zeros(images: Tensor, shape: Shape) -> Tensor:
    """What a layer without components adds up to."""
    return ops.zeros((ops.shape(images)[0], *shape[1:]))
