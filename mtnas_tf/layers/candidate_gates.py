"""The gates in front of one layer, for the routes of many candidates."""

from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.layers.bank_normalization import BankNormalization
from mtnas_tf.layers.gate import GATE_NORMALIZATIONS
from mtnas_tf.layers.gate_records import record_weights
from mtnas_tf.layers.masked_softmax import masked_softmax
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class CandidateGates(keras.layers.Layer):
    """Weighs values by one gate per candidate and block.

    The values that a gate reads and its query are data (`masks`, `sources`),
    not structure, so that other routes run in the same compiled graph. The
    weights are those of `Gate`: a softmax over the values read, 0 elsewhere.

    Args:
        num_candidates: int > 0.
        num_blocks: int > 0. Blocks in front of the layer.
        num_values: int > 0. Values that a block may read.
        num_queries: int >= 0. Sub-networks that may be a gate's query, beside
            the root.
        gated: bool. If not, the values read are averaged. A single value needs
            no gate either. Defaults to `True`.
        normalization: `None` or `"batch"`, see `Gate`. Defaults to `None`.
        num_roots: int > 0. Root features, of which a gate that asks the root
            looks at the mean of some. Defaults to `1`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, num_candidates, root_dim)`, or with several root features
            `(batch, num_candidates, num_roots, root_dim)`.
        queries: `(batch, num_candidates, num_queries, units)`.
        training: bool. Defaults to `False`.

    Output shape:
        `(batch, num_candidates, num_blocks, num_values)`; the batch is 1 if
        there are no gates.

    Example:
    >>> gates = CandidateGates(
    ...     num_candidates=1, num_blocks=1, num_values=3, num_queries=0
    ... )
    >>> root, queries = np.zeros((2, 1, 4)), np.zeros((2, 1, 0, 5))
    >>> gates.build(root.shape, queries.shape)
    >>> gates.assign_routes(np.array([[[1, 0, 1]]]), np.zeros((1, 1, 0)))
    >>> gates(root, queries).numpy()[0, 0]
    array([[0.5, 0. , 0.5]], dtype=float32)

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), equation 1.
    """

    def __init__(
        self,
        num_candidates: int,
        num_blocks: int,
        num_values: int,
        num_queries: int,
        gated: bool = True,
        normalization: str | None = None,
        num_roots: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(
            num_candidates=num_candidates,
            num_blocks=num_blocks,
            num_values=num_values,
            num_roots=num_roots,
        )
        check_ints(0, num_queries=num_queries)
        check_bools(gated=gated)
        check_choices(GATE_NORMALIZATIONS, normalization=normalization)
        self.num_candidates = num_candidates
        self.num_blocks = num_blocks
        self.num_values = num_values
        self.num_queries = num_queries
        self.gated = gated
        self.normalization = normalization
        self.num_roots = num_roots
        self.norm: Any = None
        if normalization is not None and self._has_gates:
            self.norm = BankNormalization(
                normalization, dtype=self.dtype_policy, name="norm"
            )

    def build(self, root_shape: Shape, queries_shape: Shape) -> None:
        gates = (self.num_candidates, self.num_blocks)
        self.masks = self._add_data((*gates, self.num_values), "masks")
        self.root_kernel: keras.Variable | None = None
        self.sub_network_kernel: keras.Variable | None = None
        if not self._has_gates:
            return
        shape = (*gates, self.num_values)
        self.root_kernel = self.add_weight(
            shape=(*shape, root_shape[-1]), name="root_kernel"
        )
        if self.num_roots > 1:
            self.roots = self._add_data((*gates, self.num_roots), "roots")
        if self.num_queries:
            self.sources = self._add_data((*gates, self.num_queries), "sources")
            self.sub_network_kernel = self.add_weight(
                shape=(*shape, queries_shape[-1]), name="sub_network_kernel"
            )
        if self.norm is not None:
            num_gates = self.num_candidates * self.num_blocks
            self.norm.build((None, num_gates, self.num_values))

    def assign_routes(
        self,
        masks: np.ndarray,
        sources: np.ndarray,
        roots: np.ndarray | None = None,
    ) -> None:
        """Sets the values that every gate reads, and its query.

        Args:
            masks: `(num_candidates, num_blocks, num_values)`, 1 where a value
                is read.
            sources: `(num_candidates, num_blocks, num_queries)`, 1 for the
                query; all 0 for the root.
            roots: `(num_candidates, num_blocks, num_roots)`, 1 for those whose
                mean is the root; of several. Defaults to `None`, all.
        """
        self.masks.assign(masks)
        if self._has_gates and self.num_roots > 1 and roots is not None:
            self.roots.assign(roots)
        if self._has_gates and self.num_queries:
            self.sources.assign(sources)

    def call(
        self, root: Tensor, queries: Tensor, training: bool = False
    ) -> Tensor:
        masks = ops.cast(self.masks, self.compute_dtype)[None]
        if not self._has_gates:
            weights = masks / ops.sum(masks, axis=-1, keepdims=True)
            record_weights(self, weights)
            return weights
        scores = self._root_scores(root)
        if self.num_queries:
            sources = ops.cast(self.sources, self.compute_dtype)
            asked = ops.sum(
                sources[..., None] * queries[:, :, None], axis=-2
            )  # (batch, candidates, blocks, units)
            is_root = ops.sum(sources, axis=-1, keepdims=True) == 0
            scores = ops.where(
                is_root,
                scores,
                ops.einsum("bnmu,nmvu->bnmv", asked, self.sub_network_kernel),
            )
        if self.norm is not None:
            scores = self._normalized(scores, training)
        weights = ops.cast(masked_softmax(scores, masks), self.compute_dtype)
        record_weights(self, weights)
        return weights

    def compute_output_shape(
        self, root_shape: Shape, queries_shape: Shape
    ) -> Shape:
        batch = root_shape[0] if self._has_gates else 1
        return (batch, self.num_candidates, self.num_blocks, self.num_values)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_candidates": self.num_candidates,
            "num_blocks": self.num_blocks,
            "num_values": self.num_values,
            "num_queries": self.num_queries,
            "gated": self.gated,
            "normalization": self.normalization,
            "num_roots": self.num_roots,
        }

    def _root_scores(self, root: Tensor) -> Tensor:
        """Scores of the root, `(batch, candidates, blocks, values)`."""
        if self.num_roots == 1:
            return ops.einsum("bnd,nmvd->bnmv", root, self.root_kernel)
        # The scores of a mean are a mean of scores.
        each = ops.einsum("bntd,nmvd->bnmtv", root, self.root_kernel)
        roots = ops.cast(self.roots, self.compute_dtype)
        shares = roots / ops.sum(roots, axis=-1, keepdims=True)
        return ops.sum(shares[..., None] * each, axis=-2)

    def _normalized(self, scores: Tensor, training: bool) -> Tensor:
        num_gates = self.num_candidates * self.num_blocks
        flat = ops.reshape(scores, (-1, num_gates, self.num_values))
        flat = self.norm(flat, training=training)
        gates = (self.num_candidates, self.num_blocks, self.num_values)
        return ops.reshape(flat, (-1, *gates))

    @property
    def _has_gates(self) -> bool:
        return self.gated and self.num_values > 1

    def _add_data(self, shape: Shape, name: str) -> keras.Variable:
        return self.add_weight(
            shape=shape, initializer="ones", trainable=False, name=name
        )
