"""The stem: an optional layer between the root feature and the experts."""

from typing import Any

import keras

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_ints
from mtnas_tf.layers.bank_normalization import KINDS
from mtnas_tf.layers.sub_network_bank import SubNetworkBank
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

ROOT_QUERIES = ("features", "stem")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class Stem(keras.layers.Layer):
    """An optional first layer, shared by all experts.

    Args:
        stem_units: int > 0, or `None` for no such layer. Its width. Defaults
            to `None`.
        root_query: input of the gates: `"features"` (the root feature) or
            `"stem"` (the layer's output). Defaults to `"features"`.
        normalization: `None`, `"batch"` or `"layer"`, before its ReLU.
            Defaults to `None`.
        dropout_rate: float in [0, 1). Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.
        use_batch_statistics: bool. See `BankNormalization`. Defaults to
            `False`.

    Returns:
        `(hidden, query)`: the input of the experts and that of the gates.

    Example:
    >>> hidden, query = Stem(stem_units=5)(np.ones((2, 3)))
    >>> hidden.shape, query.shape
    (TensorShape([2, 5]), TensorShape([2, 3]))
    """

    def __init__(
        self,
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if stem_units is not None:
            check_ints(stem_units=stem_units)
        check_choices(ROOT_QUERIES, root_query=root_query)
        check_choices((None, *KINDS), normalization=normalization)
        check_fractions(dropout_rate=dropout_rate)
        self.stem_units = stem_units
        self.root_query = root_query
        self.normalization = normalization
        self.dropout_rate = dropout_rate
        self.bank: SubNetworkBank | None = None
        if stem_units is not None:
            self.bank = SubNetworkBank(
                1,
                stem_units,
                normalization=normalization,
                dropout_rate=dropout_rate,
                dtype=self.dtype_policy,
                name="bank",
            )

    def build(self, root_shape: Shape) -> None:
        if self.bank is not None:
            self.bank.build(root_shape)

    def call(
        self,
        root: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> tuple[Tensor, Tensor]:
        if self.bank is None:
            return root, root
        hidden = self.bank(
            root, training=training, use_batch_statistics=use_batch_statistics
        )[:, 0, :]
        return hidden, root if self.root_query == "features" else hidden

    def compute_output_shape(self, root_shape: Shape) -> tuple[Shape, Shape]:
        if self.bank is None:
            return root_shape, root_shape
        hidden_shape = (*root_shape[:-1], self.stem_units)
        if self.root_query == "stem":
            return hidden_shape, hidden_shape
        return hidden_shape, root_shape

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "stem_units": self.stem_units,
            "root_query": self.root_query,
            "normalization": self.normalization,
            "dropout_rate": self.dropout_rate,
        }
