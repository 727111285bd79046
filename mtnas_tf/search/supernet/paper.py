"""The search of Chen et al., with every value that their paper gives.

The supernet has what section 4.2 gives it:

- embeddings of 10, which are the root feature;
- a stem: "one fully-connected layer" of 64, ReLU;
- two layers of four sub-networks, each one layer of 64, ReLU;
- a tower of one layer for every task;
- blocks whose values and queries are the previous layer, and softmax gates
  without bias (section 3.1, equation 1); the root may be a query too, as the
  ablation "w/o QS" of table 5 implies;
- no normalization and no dropout: the paper names none.

It is compiled with Adam of .001 and a weight decay of .0005 for the weights,
Adam of .01 for the route logits, the sum of AUCs as the reward (all section
4.2) of the one route that a step draws (algorithm 1), minus a moving average
(equation 5).

The paper leaves the following open. Here the table starts with a standard
deviation of .03, about that of Keras; decay is part of the gradient, for
elements that a step touches, and Adam leaves other rows of the table alone, as
sparse optimizers of that time; route logits start at 0; the moving average has
a decay of .95; there is no warm-up.

Reference:
- [Chen et al., 2020](https://arxiv.org/abs/2009.00387).
"""

import keras

from mtnas_tf.data import DatasetSchema
from mtnas_tf.models import MTNAS
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.types import Config


def new_supernet(schema: DatasetSchema, seed: int) -> MTNAS:
    """The paper's supernet.

    Args:
        schema: `DatasetSchema`.
        seed: int. Seed of the draws.
    """
    return MTNAS(
        schema,
        num_layers=2,
        num_subnetworks=4,
        units=64,
        query_scope="prev",
        merge_singletons=False,
        seed=seed,
        embedding_dim=10,
        stem_units=64,
        normalization=None,
        table_initializer=keras.initializers.RandomNormal(stddev=0.03),
    )


def compilation() -> Config:
    """Arguments of `SearchModel.compile`, as in the paper."""
    return {
        "optimizer": SparseAdam(1e-3, weight_decay=5e-4, semantics="lazy"),
        "estimator": "paper",
        "reward": "auc_sum",
    }
