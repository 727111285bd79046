"""Base nets that move results more than any route does."""

from typing import Any

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section

# The sections of a config that a recipe changes.
RECIPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # What arXiv:2009.00387 describes in section 4.2. Its table's start is not
    # stated; Keras's own is uniform in +-0.05, of this standard deviation.
    "paper_shape": (
        {
            "stem_units": 64,
            "normalization": None,
            "gate_normalization": None,
            "table_stddev": 0.03,
        },
        {"semantics": "lazy", "weight_decay": 5e-4, "epochs": 3},
    ),
    # No stem, a table near zero, dense Adam on it, batch normalization in
    # sub-networks and gates.
    "batch_norm": (
        {
            "stem_units": None,
            "normalization": "batch",
            "gate_normalization": "batch",
            "table_stddev": 1e-4,
        },
        {"semantics": "exact", "weight_decay": 1e-5},
    ),
    # Gates without normalization.
    "plain_gates": ({"gate_normalization": None}, {}),
}

# The whole search of that paper, section by section of a config: see
# `configs/paper.py` for the source of every value, and `SearchModel.paper`.
PAPER: dict[str, dict[str, Any]] = {
    "data": {"batch_size": 512, "reward_batch_size": 1024},
    "base": {
        "embedding_dim": 10,
        "dropout_rate": 0.0,
        **RECIPES["paper_shape"][0],
    },
    "model": {
        "num_layers": 2,
        "num_subnetworks": 4,
        "units": 64,
        "query_scope": "prev",
        "root_query": "features",
        "aggregation": "gate",
        "dedup_singletons": False,
        "merge_singletons": False,
    },
    "optim": {
        "learning_rate": 1e-3,
        "tuned": None,
        **RECIPES["paper_shape"][1],
    },
    "search": {"method": "paper", "weights": "inherit"},
    "search.supernet": {
        "num_routes": None,
        "route_learning_rate": 1e-2,
        "reward": "auc_sum",
        "warmup_epochs": 0,
        "epochs": 10,
        "patience": 3,
    },
}


def paper_setting(config: ExperimentConfig) -> ExperimentConfig:
    """The config with the search of arXiv:2009.00387 as the paper has it.

    Rows, size of the table, seed and compared methods stay the config's.
    """
    for section, values in PAPER.items():
        config = with_section(config, section, **values)
    return config


def with_recipe(config: ExperimentConfig, name: str | None) -> ExperimentConfig:
    """The config with another base net and optimizer.

    Args:
        config: `ExperimentConfig`.
        name: key of `RECIPES`, or `None` for the config as it is.
    """
    if name is None:
        return config
    if name not in RECIPES:
        raise ValueError(
            f"`mmoe_recipes` must be among {sorted(RECIPES)}. Received: {name}"
        )
    base, optim = RECIPES[name]
    config = with_section(config, "base", **base)
    return with_section(config, "optim", **optim)
