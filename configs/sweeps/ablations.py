"""The gain from gates, and from choosing their queries, on Book-Crossing.

    mtnas sweep configs/sweeps/ablations.py --seeds 1 --splits 3 \
        --workdir runs/ablations --set data.data_dir=DATA

Table 5 of arXiv:2009.00387, whose losses are .7247 (whole method), .7286 (mean
pooling) and .7260 (root queries), one run each, on the full data. Routes are
searched anew in every variant, those of `mean pooling` and `root queries` in
their smaller spaces.

The results are in `docs/results/ablations`: choosing queries does harm here,
most to random routes and less to those that a search picks.
"""

from pathlib import Path

from mtnas_tf.config import Sweep
from mtnas_tf.config import load_config
from mtnas_tf.config import with_section

BOOK_CROSSING = Path(__file__).parents[1] / "book_crossing.py"


def get_sweep() -> Sweep:
    """The experiment."""
    config = with_section(
        load_config(BOOK_CROSSING),
        "model",
        baselines=("mmoe",),
        mmoe_recipes=(),
    )
    config = with_section(
        config, "search", compared=("candidates", "reinforce")
    )
    return Sweep(
        title="Ablations",
        config=with_section(config, "search.candidates", cost_weights=(0.0,)),
        variants={
            "gates": ("model.query_scope=prev",),
            "mean pooling": ("model.aggregation=mean",),
            "root queries": ("model.query_scope=root",),
        },
    )
