"""Parallel layers whose stacked kernels are one factorized tensor."""

from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.layers.sub_network_bank import SubNetworkBank
from mtnas_tf.types import Config
from mtnas_tf.types import Tensor

DECOMPOSITIONS = ("tucker", "tt")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class FactorizedBank(SubNetworkBank):
    """A `SubNetworkBank` whose kernels share factors.

    The kernel of sub-network t, from input d to unit u, is

        W_tdu = sum_abc S_abc A_da B_ub C_tc     (Tucker)
        W_tdu = sum_ac A_da S_auc C_tc           (tensor train)

    Biases are not factorized.

    Args:
        num_subnetworks: int > 0. Sub-networks of the layer.
        units: int > 0. Width of each.
        kind: `"tucker"` or `"tt"`. Defaults to `"tucker"`.
        rank: int > 0, or `None`. Most values of the indices a and b. Defaults
            to `None`, as many as represent any kernels.
        task_rank: int > 0, or `None`. Most values of c. Defaults to `None`, as
            many as represent any kernels.
        **kwargs: Passed to `SubNetworkBank`.

    Call arguments:
        inputs: see `SubNetworkBank`.
        training: bool. Defaults to `False`.

    Output shape:
        `(..., batch, num_subnetworks, units)`.

    Example:
    >>> bank = FactorizedBank(num_subnetworks=4, units=5, rank=2)
    >>> bank(np.ones((2, 3))).shape
    TensorShape([2, 4, 5])

    Reference:
    - [Yang and Hospedales, 2017](https://arxiv.org/abs/1605.06391), section 3.
    """

    def __init__(
        self,
        num_subnetworks: int,
        units: int,
        kind: str = "tucker",
        rank: int | None = None,
        task_rank: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_subnetworks, units, **kwargs)
        check_choices(DECOMPOSITIONS, kind=kind)
        for name, value in {"rank": rank, "task_rank": task_rank}.items():
            if value is not None:
                check_ints(**{name: value})
        self.kind = kind
        self.rank = rank
        self.task_rank = task_rank

    def _add_kernel(self, input_dim: int) -> None:
        count, units = self.num_subnetworks, self.units
        most_inputs = min(input_dim, units * count)
        inputs, outputs = (
            min(full, self.rank or full) for full in (most_inputs, units)
        )
        if self.kind == "tt":
            outputs = units
        full = min(count, input_dim * units)
        tasks = min(full, self.task_rank or full)
        # With orthonormal factors, kernels vary as Glorot's would.
        shares = (inputs / input_dim) * (outputs / units) * (tasks / count)
        stddev = (2 / (input_dim + units) / shares) ** 0.5
        self.core = self.add_weight(
            shape=(inputs, outputs, tasks),
            initializer=keras.initializers.RandomNormal(stddev=stddev),
            name="core",
        )
        self.input_factor = self._add_factor(input_dim, inputs, "input_factor")
        self.task_factor = self._add_factor(count, tasks, "task_factor")
        self.unit_factor: keras.Variable | None = None
        if self.kind == "tucker":
            self.unit_factor = self._add_factor(units, outputs, "unit_factor")

    def _add_factor(self, size: int, rank: int, name: str) -> keras.Variable:
        return self.add_weight(
            shape=(size, rank), initializer="orthogonal", name=name
        )

    @property
    def kernel(self) -> Tensor:
        """All kernels: `(num_subnetworks, input_dim, units)`."""
        core = self.core
        if self.unit_factor is not None:
            core = ops.einsum("abc,ub->auc", core, self.unit_factor)
        core = ops.einsum("auc,tc->tau", core, self.task_factor)
        return ops.einsum("da,tau->tdu", self.input_factor, core)

    def common_parts(self) -> np.ndarray:
        """How each kernel is put together of parts that all have in common.

        The parts are the right singular vectors of the matrix that has a
        kernel in each row: orthonormal, the one that explains most of all
        kernels first.

        Returns:
            `(num_subnetworks, parts)`: the coefficients of each kernel divided
            by its norm. Squares of a row sum to 1, and the products of two rows
            to the cosine of their kernels. Each part has the sign at which
            coefficients sum to 0 or more.
        """
        kernel = ops.convert_to_numpy(ops.cast(self.kernel, "float32"))
        rows = kernel.reshape(self.num_subnetworks, -1)
        left, scales, _ = np.linalg.svd(rows, full_matrices=False)
        rank = self.core.shape[-1]  # the rest is 0 but for rounding
        parts: np.ndarray = left[:, :rank] * scales[:rank]
        norms = np.linalg.norm(parts, axis=1, keepdims=True)
        parts = parts / np.maximum(norms, np.finfo(float).tiny)
        return parts * np.where(parts.sum(axis=0) < 0, -1, 1)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "kind": self.kind,
            "rank": self.rank,
            "task_rank": self.task_rank,
        }
