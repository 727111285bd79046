"""A search of small routes, and what its steps change."""

import keras
import toy_data

from mtnas_tf.models import MTNAS
from mtnas_tf.search import SearchModel

STEPS = 2  # of an epoch


def make_data():
    return toy_data.make_data(batch_size=23 // STEPS)


def make_search(dtype=None, schema=toy_data.BINARY_SCHEMA, **kwargs):
    keras.utils.set_random_seed(0)
    supernet = MTNAS(
        schema,
        num_layers=1,
        num_subnetworks=2,
        units=5,
        embedding_dim=4,
        normalization="batch",
        table_initializer="random_normal",
        dtype=dtype,
    )
    search = SearchModel(supernet, dtype=dtype)
    defaults = {
        "estimator": "paper",
        "run_eagerly": True,
        "jit_compile": False,
    }
    search.compile(**(defaults | kwargs))
    return search
