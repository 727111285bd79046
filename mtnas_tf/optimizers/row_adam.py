"""Adam to which the rows of some variables are variables of their own."""

from collections import UserDict
from typing import Any

import keras
import tensorflow as tf  # IndexedSlices have no counterpart in keras.ops

from mtnas_tf.types import Config
from mtnas_tf.types import Tensor

# Of Keras's options, those that reach rows without a gradient.
REFUSED = (
    "amsgrad",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "gradient_accumulation_steps",
    "use_ema",
    "weight_decay",
)


@keras.saving.register_keras_serializable(package="mtnas_tf")
class RowAdam(keras.optimizers.Adam):
    """Adam that leaves alone the rows of tasks that a step does not train.

    A variable with the attribute `is_by_row` set to True has a row for each
    task. The rows in its gradient take a step of Adam, with moments and a count
    of steps of their own, as if each row were a variable; the others stay as
    they are, bit for bit, and so do their moments. Every other variable gets
    plain Adam.

    `keras.optimizers.Adam`, as TensorFlow's in the code of Maziarz et al.,
    takes a row without a gradient for one whose gradient is 0: it goes on
    moving by its momentum while other tasks train. With T tasks in turn, its
    rows move up to sqrt(T) times as far in a round, since the second moment is
    then the mean of one squared gradient and T - 1 zeros.

    Args:
        learning_rate: float, or a
            `keras.optimizers.schedules.LearningRateSchedule`.
            Defaults to `1e-4`.
        beta_1: float in [0, 1). Decay of the first moment. Defaults to `0.9`.
        beta_2: float in [0, 1). Decay of the second moment. Defaults to
            `0.999`.
        epsilon: float > 0. Added to the root of the second moment. Defaults to
            `1e-7`.
        name: string. Defaults to `"row_adam"`.
        **kwargs: Passed to `keras.optimizers.Optimizer`. Clipping, decay and
            averages of weights are refused: they would reach all rows.

    Example:
    >>> rows = keras.Variable(np.zeros((3, 2), "float32"))
    >>> rows.is_by_row = True
    >>> gradient = tf.IndexedSlices(tf.ones((1, 2)), tf.constant([1]))
    >>> RowAdam(learning_rate=0.1).apply([gradient], [rows])
    >>> rows.numpy().round(3)[:, 0]
    array([ 0. , -0.1,  0. ], dtype=float32)

    Reference:
    - [Kingma and Ba, 2015](https://arxiv.org/abs/1412.6980), algorithm 1.
    """

    def __init__(
        self,
        learning_rate: Tensor = 1e-4,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        name: str = "row_adam",
        **kwargs: Any,
    ) -> None:
        for option in REFUSED:
            if kwargs.get(option):
                raise ValueError(
                    f"`RowAdam` has no `{option}`, which reaches rows without "
                    "a gradient; use `keras.optimizers.Adam`. "
                    f"Received: {option}={kwargs[option]}"
                )
        super().__init__(
            learning_rate=learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            name=name,
            **kwargs,
        )
        # Index of a variable -> steps of its rows. Keras would track a dict.
        self._row_steps: UserDict[int, keras.Variable] = UserDict()

    def build(self, variables: list[keras.Variable]) -> None:
        """Creates the state.

        Args:
            variables: list of `keras.Variable`s.
        """
        if self.built:
            return
        super().build(variables)
        for index, variable in enumerate(variables):
            if getattr(variable, "is_by_row", False):
                self._row_steps[index] = self.add_variable(
                    variable.shape[:1],
                    initializer="zeros",
                    dtype="int32",
                    name=f"row_steps_{index}",
                )

    def update_step(
        self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor
    ) -> None:
        index = self._get_variable_index(variable)
        if index not in self._row_steps:
            self._update_whole(gradient, variable, index, learning_rate)
            return
        if not isinstance(gradient, tf.IndexedSlices):
            rows = tf.range(variable.shape[0])
            gradient = tf.IndexedSlices(gradient, rows)
        self._update_rows(gradient, variable, index, learning_rate)

    def get_config(self) -> Config:
        config = super().get_config()
        return {k: v for k, v in config.items() if k not in REFUSED}

    def _update_whole(
        self,
        gradient: Tensor,
        variable: keras.Variable,
        index: int,
        learning_rate: Tensor,
    ) -> None:
        """Keras's update, in one operation in place of about a dozen."""
        dtype = variable.dtype
        steps = tf.cast(self.iterations + 1, dtype)
        beta_1, beta_2 = (tf.cast(x, dtype) for x in (self.beta_1, self.beta_2))
        state = (variable, self._momentums[index], self._velocities[index])
        var, m, v = (_of_tensorflow(x).handle for x in state)
        tf.raw_ops.ResourceApplyAdam(
            var=var,
            m=m,
            v=v,
            beta1_power=beta_1**steps,
            beta2_power=beta_2**steps,
            lr=tf.cast(learning_rate, dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
        )

    def _update_rows(
        self,
        gradient: Tensor,
        variable: keras.Variable,
        index: int,
        learning_rate: Tensor,
    ) -> None:
        ids = gradient.indices
        g = _sum_equals(ids, tf.cast(gradient.values, variable.dtype))
        state = [
            _of_tensorflow(x)
            for x in (
                variable,
                self._momentums[index],
                self._velocities[index],
                self._row_steps[index],
            )
        ]
        rows, m, v, steps = (tf.gather(x, ids) for x in state)
        steps += 1
        m = self.beta_1 * m + (1 - self.beta_1) * g
        v = self.beta_2 * v + (1 - self.beta_2) * g * g
        count = tf.cast(steps, g.dtype)
        rate = (
            tf.cast(learning_rate, g.dtype)
            * tf.sqrt(1 - self.beta_2**count)
            / (1 - self.beta_1**count)
        )
        rate = tf.reshape(rate, [-1] + [1] * (len(variable.shape) - 1))
        rows -= rate * m / (tf.sqrt(v) + self.epsilon)
        for target, values in zip(state, (rows, m, v, steps), strict=True):
            target.scatter_update(tf.IndexedSlices(values, ids))


def _of_tensorflow(variable: keras.Variable | tf.Variable) -> tf.Variable:
    is_of_keras = isinstance(variable, keras.Variable)
    return variable.value if is_of_keras else variable


def _sum_equals(ids: Tensor, values: Tensor) -> Tensor:
    """Sums the values of equal ids; each of them gets the sum."""
    if ids.shape[0] == 1:
        return values
    is_equal = tf.cast(ids[:, None] == ids[None, :], values.dtype)
    return tf.tensordot(is_equal, values, 1)
