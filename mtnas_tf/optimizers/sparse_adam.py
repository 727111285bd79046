"""Adam whose step costs the same for ten thousand rows and for ten million.

With `m`, `v` a row's moments, `rate(s) = lr(s) sqrt(1 - b2^s) / (1 - b1^s)`:

    a step with gradient:   m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,
                            w <- w - rate(s) m / (sqrt(v) + epsilon)

Dense Adam takes such a step for every row at every step; a row out of the
batch has g = 0 and goes on moving by its momentum. For a row last moved at
step t, the steps s = t+1 .. n it has missed add up to

    w <- w - m / (sqrt(v) + epsilon) * tail(t),
    tail(t) = sum_s rate(s) rho^(s - t),  rho = b1 / sqrt(b2),

then `m <- b1^(n - t) m` and `v <- b2^(n - t) v`. (Of `epsilon`, its decay by
b2^((s - t)/2) is left out.) `tail` is one number per step, kept in a ring: each
step adds its own rate to the newest `TAIL_TERMS` entries, so what a row has
missed is one lookup.
"""

from typing import Any

import keras
import tensorflow as tf  # IndexedSlices have no counterpart in keras.ops

from mtnas_tf.optimizers.ordering import after

Tensor = Any

SETTLED_ROWS = 2**17  # settled at once, so that temporaries stay small
TAIL_TERMS = 128  # rho^128 = 1.5e-6 for the default betas
TAIL_SLOTS = 2**17  # steps after which a row still untouched is approximate


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SparseAdam(keras.optimizers.Adam):
    """Adam with row-wise updates for embedding tables.

    A table is a variable whose attribute `is_table` is True (those of
    `mtnas_tf.features.FeatureEncoder` are). Duplicate ids of a batch are
    summed before the moments see them. Every other variable gets plain Adam.

    Args:
        learning_rate: float, or a
            `keras.optimizers.schedules.LearningRateSchedule`.
            Defaults to `1e-3`.
        weight_decay: float >= 0. Coupled L2: `weight_decay * w` is added to the
            gradient. Only rows (axis 0) that the step's gradient touches are
            decayed: table rows in the batch, sub-networks and gates on the
            sampled route. Defaults to `0.0`.
        semantics: `"exact"` follows dense Adam's trajectory: the momentum steps
            a row has missed are part of its next step with gradient, and
            `finalize_variable_values` applies them to all rows. Whoever reads
            rows in between adds `missed_movement`. `"lazy"` drops those steps.
            Defaults to `"exact"`.
        beta_1: float in [0, 1). Decay of the first moment. Defaults to `0.9`.
        beta_2: float in [0, 1). Decay of the second moment. Defaults to
            `0.999`.
        epsilon: float > 0. Added to the root of the second moment. Defaults to
            `1e-7`.
        name: string. Defaults to `"sparse_adam"`.
        **kwargs: Passed to `keras.optimizers.Optimizer`.

    Reference:
    - [Kingma and Ba, 2015](https://arxiv.org/abs/1412.6980), algorithm 1.
    """

    def __init__(
        self,
        learning_rate: Any = 1e-3,
        weight_decay: float = 0.0,
        semantics: str = "exact",
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        name: str = "sparse_adam",
        **kwargs: Any,
    ) -> None:
        if semantics not in ("exact", "lazy"):
            raise ValueError(
                "`semantics` must be 'exact' or 'lazy'. "
                f"Received: semantics={semantics!r}"
            )
        if weight_decay < 0:
            raise ValueError(
                "`weight_decay` must not be negative. "
                f"Received: weight_decay={weight_decay}"
            )
        super().__init__(
            learning_rate=learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            name=name,
            **kwargs,
        )
        self.semantics = semantics
        self.coupled_decay = weight_decay
        self._last_steps: dict[int, Any] = {}
        self._tails: Any = None

    def build(self, variables: list[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        tables = [v for v in variables if getattr(v, "is_table", False)]
        if self.semantics == "exact" and tables:
            self._tails = self.add_variable((TAIL_SLOTS,), name="tails")
            self._tails._autocast = False
        for table in tables:
            index = self._get_variable_index(table)
            for state in (self._momentums[index], self._velocities[index]):
                state._autocast = False  # read inside layers
            self._last_steps[self._get_variable_index(table)] = (
                self.add_variable(
                    (table.shape[0],), dtype="int32", name="last_step"
                )
            )

    def apply(self, grads: Any, trainable_variables: Any = None) -> Any:
        super().apply(grads, trainable_variables)
        if self._tails is not None:
            self._extend_tails()

    def update_step(
        self, gradient: Tensor, variable: Any, learning_rate: Tensor
    ) -> None:
        if isinstance(gradient, tf.IndexedSlices):
            if self._get_variable_index(variable) in self._last_steps:
                self._update_rows(gradient, variable, learning_rate)
                return
            # Sums duplicates, which Keras's Adam would not.
            gradient = tf.math.unsorted_segment_sum(
                gradient.values, gradient.indices, variable.shape[0]
            )
        if self.coupled_decay:
            gradient += self._decay(gradient, tf.convert_to_tensor(variable))
        super().update_step(gradient, variable, learning_rate)

    def missed_movement(self, table: Any, ids: Tensor) -> Tensor:
        """What rows have yet to move by: dense Adam's row less the table's.

        Args:
            table: the table's variable.
            ids: integer tensor, any shape.

        Returns:
            Tensor `(*ids.shape, dim)`; the number 0 for `semantics="lazy"` and
            before the optimizer is built.
        """
        if self._tails is None:
            return 0.0
        index = self._get_variable_index(table)
        # As the encoder looks the row up, so that XLA does it once.
        m, v, last = (
            keras.ops.take(variable, ids, axis=0)
            for variable in (
                self._momentums[index],
                self._velocities[index],
                self._last_steps[index],
            )
        )
        return self._movement(m, v, last)

    def finalize_variable_values(self, var_list: Any) -> None:
        """Catches every row of every table up. Keras calls it after `fit`."""
        super().finalize_variable_values(var_list)
        if self._tails is None:
            return
        for index, last_step in self._last_steps.items():
            num_rows = last_step.shape[0]
            for start in range(0, num_rows, SETTLED_ROWS):
                end = min(start + SETTLED_ROWS, num_rows)
                self._settle(index, tf.range(start, end))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["amsgrad"]
        return {
            **config,
            "weight_decay": self.coupled_decay,
            "semantics": self.semantics,
        }

    def _rate(self, step: Tensor, learning_rate: Tensor) -> Tensor:
        step = tf.cast(step, tf.float32)
        return (
            tf.cast(learning_rate, tf.float32)
            * tf.sqrt(1.0 - self.beta_2**step)
            / (1.0 - self.beta_1**step)
        )

    def _decay(self, gradient: Tensor, weights: Tensor) -> Tensor:
        """L2 gradient of the rows that `gradient` touches."""
        axes = list(range(1, gradient.shape.rank))
        touched = tf.reduce_any(gradient != 0, axis=axes, keepdims=True)
        return tf.where(touched, self.coupled_decay * weights, 0.0)

    def _update_rows(
        self, gradient: Any, variable: Any, learning_rate: Tensor
    ) -> None:
        index = self._get_variable_index(variable)
        ids = gradient.indices
        m, v = self._momentums[index].value, self._velocities[index].value
        last_step = self._last_steps[index].value
        last = tf.gather(last_step, ids)
        rows = tf.gather(variable, ids)
        m_rows, v_rows = tf.gather(m, ids), tf.gather(v, ids)
        if self._tails is not None:
            m_rows, v_rows, rows = self._missed_steps(
                m_rows, v_rows, rows, last
            )
        # `last_step` has been read for the forward pass and above.
        ids = after(gradient.values, after(last, ids))
        leaders = self._leaders(ids, index)
        g = _sum_duplicates(gradient.values, leaders)
        g += self.coupled_decay * rows
        m_rows = self.beta_1 * m_rows + (1 - self.beta_1) * g
        v_rows = self.beta_2 * v_rows + (1 - self.beta_2) * g * g
        step = self.iterations + 1
        rows -= (
            self._rate(step, learning_rate)
            * m_rows
            / (tf.sqrt(v_rows) + self.epsilon)
        )
        m.scatter_update(tf.IndexedSlices(m_rows, ids))
        v.scatter_update(tf.IndexedSlices(v_rows, ids))
        variable.scatter_update(tf.IndexedSlices(rows, ids))
        now = after(leaders, tf.cast(step, last_step.dtype))
        now = tf.broadcast_to(now, tf.shape(ids))
        last_step.scatter_update(tf.IndexedSlices(now, ids))

    def _settle(self, index: int, ids: Tensor) -> None:
        """Applies to rows all steps they have missed."""
        table = self._trainable_variables[index]
        variables = [
            variable.value
            for variable in (
                self._momentums[index],
                self._velocities[index],
                table,
                self._last_steps[index],
            )
        ]
        m, v, w, last = (tf.gather(variable, ids) for variable in variables)
        now = tf.zeros_like(last) + tf.cast(self.iterations, last.dtype)
        settled = (*self._missed_steps(m, v, w, last), now)
        for variable, values in zip(variables, settled, strict=True):
            variable.scatter_update(tf.IndexedSlices(values, ids))

    def _leaders(self, ids: Tensor, index: int) -> Tensor:
        """For each id, the position of one of its duplicates, for all the same.

        Without a sort: an id's entry of `last_step`, written anew at the end
        of the step, holds the position for as long.
        """
        last_step = self._last_steps[index].value
        positions = tf.range(tf.shape(ids)[0], dtype=last_step.dtype)
        last_step.scatter_update(tf.IndexedSlices(positions, ids))
        return tf.gather(last_step, ids)

    def _missed_steps(
        self, m: Tensor, v: Tensor, w: Tensor, last: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Rows after the steps between `last` and now, all without gradient."""
        w = w + self._movement(m, v, last)
        missed = tf.cast(
            tf.cast(self.iterations, last.dtype) - last, tf.float32
        )[..., None]
        return self.beta_1**missed * m, self.beta_2**missed * v, w

    def _movement(self, m: Tensor, v: Tensor, last: Tensor) -> Tensor:
        tail = tf.gather(self._tails.value, last % TAIL_SLOTS)[..., None]
        return -tail * m / (tf.sqrt(v) + self.epsilon)

    def _extend_tails(self) -> None:
        """Adds the rate of the step just taken to the newest tails."""
        step = tf.cast(self.iterations, tf.int32)
        ages = tf.range(TAIL_TERMS)  # 0: a row moved in this very step
        rho = self.beta_1 / self.beta_2**0.5
        rate = self._rate(step, self._rate_of_last_step())
        slots = (step - ages) % TAIL_SLOTS
        tails = tf.gather(self._tails.value, slots) + rate * rho ** tf.cast(
            ages, tf.float32
        )
        for index in self._last_steps:
            tails = after(self._trainable_variables[index].value[0], tails)
        tails = tf.where(ages == 0, 0.0, tails)
        self._tails.value.scatter_update(tf.IndexedSlices(tails, slots))

    def _rate_of_last_step(self) -> Tensor:
        schedule = self._learning_rate
        if isinstance(
            schedule, keras.optimizers.schedules.LearningRateSchedule
        ):
            return schedule(self.iterations - 1)
        return self.learning_rate


def _sum_duplicates(values: Tensor, leaders: Tensor) -> Tensor:
    """Sums the values of equal leaders: `(n, dim)`, each gets the sum."""
    sums = tf.math.unsorted_segment_sum(values, leaders, tf.shape(leaders)[0])
    return tf.gather(sums, leaders)
