"""Adam whose cost does not depend on the number of rows in a table.

With `m`, `v` a row's moments, `rate(s) = lr(s) sqrt(1 - b2^s) / (1 - b1^s)`:

    a step with gradient:   m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,
                            w <- w - rate(s) m / (sqrt(v) + epsilon)

Dense Adam takes such a step for every row at every step; a row out of the
batch has g = 0 and goes on moving by its momentum. `ExactTableAdam` takes the
steps that a row has missed when the row is next needed, all in one.
"""

import contextlib
from collections import UserDict
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf  # IndexedSlices have no counterpart in keras.ops

from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_positive
from mtnas_tf.optimizers.exact_table_adam import ExactTableAdam
from mtnas_tf.optimizers.missed_steps import MissedSteps
from mtnas_tf.optimizers.settled_variable import SettledVariable
from mtnas_tf.optimizers.table import Table
from mtnas_tf.optimizers.table_adam import TableAdam
from mtnas_tf.optimizers.unique_rows import unique_rows
from mtnas_tf.types import Config
from mtnas_tf.types import Initializer
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

# Of Keras's options, those that need every row of a table at every step.
REFUSED = ("amsgrad", "use_ema", "gradient_accumulation_steps")
CLIPPINGS = ("clipnorm", "clipvalue", "global_clipnorm")
SEMANTICS = ("exact", "lazy")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SparseAdam(keras.optimizers.Adam):
    """Adam with row-wise updates for embedding tables.

    The tables are the `Table`s among the variables (a
    `mtnas_tf.features.FeatureEncoder` has one). Every other variable gets plain
    Adam. Gradients of duplicate ids are summed first, so that clipping, by
    value or norm, is that of the dense gradient.

    Args:
        learning_rate: float, or a
            `keras.optimizers.schedules.LearningRateSchedule`.
            Defaults to `1e-3`.
        weight_decay: float >= 0, or `None` for 0. Coupled L2:
            `weight_decay * w` is added to the clipped gradient. Only elements
            that received a gradient are decayed: of tables the rows in the
            batch, of other variables the elements whose gradient is not 0 (none
            of a sub-network or gate off the sampled route).
            `exclude_from_weight_decay` leaves variables out. Defaults to `0.0`.
        semantics: `"exact"` is dense Adam. The momentum steps that a row
            outside of the batch misses are taken when it is next read, see
            `Table`. `"lazy"` drops those steps. Defaults to `"exact"`.
        beta_1: float in [0, 1). Decay of the first moment. Defaults to `0.9`.
        beta_2: float in [0, 1). Decay of the second moment; for `"exact"`, its
            root must be well above `beta_1`. Defaults to `0.999`.
        epsilon: float > 0. Added to the root of the second moment. Defaults to
            `1e-7`.
        name: string. Defaults to `"sparse_adam"`.
        **kwargs: Passed to `keras.optimizers.Optimizer`. `use_ema` and
            `gradient_accumulation_steps` are refused, and so is `amsgrad`: they
            need every row of a table at every step.

    Example:
    >>> table = mt.optimizers.Table(np.zeros((1000, 8), "float32"))
    >>> ids = tf.constant([3, 5])
    >>> gradient = tf.IndexedSlices(tf.ones((2, 8)), ids)
    >>> SparseAdam(learning_rate=0.1).apply([gradient], [table])
    >>> np.flatnonzero(table.numpy().any(axis=1)).tolist()
    [3, 5]

    Reference:
    - [Kingma and Ba, 2015](https://arxiv.org/abs/1412.6980), algorithm 1.
    """

    def __init__(
        self,
        learning_rate: Tensor = 1e-3,
        weight_decay: float | None = 0.0,
        semantics: str = "exact",
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        name: str = "sparse_adam",
        **kwargs: Any,
    ) -> None:
        check_choices(SEMANTICS, semantics=semantics)
        check_fractions(beta_1=beta_1, beta_2=beta_2)
        check_positive(epsilon=epsilon)
        _check_arguments(learning_rate, weight_decay, kwargs)
        super().__init__(
            learning_rate=learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            name=name,
            **kwargs,
        )
        self.semantics = semantics
        self.coupled_decay = weight_decay or 0.0
        self.missed_steps = None
        if semantics == "exact":
            self.missed_steps = MissedSteps(beta_1, beta_2, epsilon)
        # Index of a variable -> its table's state. Keras would track a dict.
        self._tables: UserDict[int, TableAdam] = UserDict()

    def build(self, variables: list[keras.Variable]) -> None:
        """Creates the state and takes the tables over from other optimizers.

        Args:
            variables: list of `keras.Variable`s.

        Raises:
            ValueError: if a table has a constraint or a regularizer and
                semantics are exact.
        """
        if not self.built:
            super().build(variables)
            for index, variable in enumerate(variables):
                if isinstance(variable, Table):
                    self._tables[index] = self._new_table(index, variable)
        self.take_tables()

    def take_tables(self) -> None:
        """Becomes the owner of the tables; former owners settle them first."""
        for adam in self._tables.values():
            adam.table.take(adam)

    def settle(self) -> None:
        """Brings every row of every table up to date."""
        for adam in self._tables.values():
            adam.settle()

    def add_variable_from_reference(
        self,
        reference_variable: keras.Variable,
        name: str | None = None,
        initializer: Initializer = None,
    ) -> Tensor:
        if not isinstance(reference_variable, Table):
            return super().add_variable_from_reference(
                reference_variable, name, initializer or "zeros"
            )
        path = reference_variable.path.replace("/", "_")
        shape, dtype = reference_variable.shape, reference_variable.dtype
        return self._add_state(shape, dtype, f"{path}_{name}")

    def apply(
        self,
        grads: Tensor,
        trainable_variables: list[keras.Variable] | None = None,
    ) -> None:
        with self._stepping() as factor:
            if factor is not None:  # Keras cannot divide slices
                grads = [
                    None if g is None else keras.ops.divide(g, factor)
                    for g in grads
                ]
            super().apply(grads, trainable_variables)

    def update_step(
        self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor
    ) -> None:
        uses_decay = self._use_weight_decay(variable)
        decay = self.coupled_decay if uses_decay else 0.0
        index = self._get_variable_index(variable)
        if index in self._tables:
            rate = self._rate(learning_rate)
            self._tables[index].update(gradient, rate, decay)
            return
        if isinstance(gradient, tf.IndexedSlices):
            # Sums duplicates, which Keras's Adam would not.
            gradient = tf.math.unsorted_segment_sum(
                gradient.values, gradient.indices, variable.shape[0]
            )
        if decay:
            weights = tf.convert_to_tensor(variable)
            gradient += tf.where(gradient != 0, decay * weights, 0.0)
        super().update_step(gradient, variable, learning_rate)

    def finalize_variable_values(self, var_list: list[keras.Variable]) -> None:
        """Brings every row up to date. Keras calls it after `fit`."""
        super().finalize_variable_values(var_list)
        self.settle()

    def get_config(self) -> Config:
        config = super().get_config()
        del config["amsgrad"]
        own = {"weight_decay": self.coupled_decay, "semantics": self.semantics}
        return {**config, **own}

    def _clip_gradients(self, grads: Tensor) -> Tensor:
        if not (self.clipnorm or self.global_clipnorm or self.clipvalue):
            return grads
        grads = [
            unique_rows(g) if isinstance(g, tf.IndexedSlices) else g
            for g in grads
        ]
        clipped = super()._clip_gradients(
            [g.values if isinstance(g, tf.IndexedSlices) else g for g in grads]
        )
        return [
            tf.IndexedSlices(values, g.indices, g.dense_shape)
            if isinstance(g, tf.IndexedSlices)
            else values
            for g, values in zip(grads, clipped, strict=True)
        ]

    def _rate(self, learning_rate: Tensor) -> Tensor:
        step = tf.cast(self.iterations + 1, tf.float32)
        return (
            tf.cast(learning_rate, tf.float32)
            * tf.sqrt(1.0 - self.beta_2**step)
            / (1.0 - self.beta_1**step)
        )

    def _new_table(self, index: int, table: Table) -> TableAdam:
        arguments = (
            table,
            self._momentums[index],
            self._velocities[index],
            self._add_state(table.shape[:1], "int32", "last_step"),
            (self.beta_1, self.beta_2),
            self.epsilon,
        )
        if self.missed_steps is None:
            return TableAdam(*arguments)
        if table.constraint is not None or table.regularizer is not None:
            raise ValueError(
                "A table must have neither a constraint nor a regularizer for "
                "`SparseAdam(semantics='exact')`. Received: "
                f"constraint={table.constraint}, "
                f"regularizer={table.regularizer} of {table.path}"
            )
        shape = ExactTableAdam.ring_shape(table.shape[0], self.missed_steps)
        return ExactTableAdam(
            *arguments,
            clock=self._add_state((), "int32", "clock"),
            ring=self._add_state(shape, table.dtype, "ring"),
            missed_steps=self.missed_steps,
        )

    def _add_state(
        self, shape: Shape, dtype: str, name: str
    ) -> SettledVariable:
        with keras.name_scope(self.name, caller=self):
            state = SettledVariable(
                keras.initializers.Zeros(),
                shape=shape,
                dtype=dtype,
                trainable=False,
                autocast=False,  # read inside layers
                name=name,
            )
        self._track_variable(state)
        return state

    @contextlib.contextmanager
    def _stepping(self) -> Iterator[float | None]:
        """A context in which reading a table does not settle it."""
        factor: float | None = self.loss_scale_factor
        self.loss_scale_factor: float | None = None
        for adam in self._tables.values():
            adam.is_stepping = True
        try:
            yield factor
        finally:
            self.loss_scale_factor = factor
            for adam in self._tables.values():
                adam.is_stepping = False


def _check_arguments(
    learning_rate: Tensor, weight_decay: float | None, options: Config
) -> None:
    # Keras says what else `learning_rate` may be.
    if isinstance(learning_rate, float):
        check_at_least(0, learning_rate=learning_rate)
    if weight_decay is not None:
        check_at_least(0, weight_decay=weight_decay)
    for name in CLIPPINGS:
        if options.get(name) is not None:
            check_positive(**{name: options[name]})
    for name in REFUSED:
        if options.get(name):
            raise ValueError(
                f"`SparseAdam` has no `{name}`, which needs every row of a "
                "table at every step; use `keras.optimizers.Adam`. "
                f"Received: {name}={options[name]}"
            )
