"""The best number of layers, and of sub-networks, for Book-Crossing.

    mtnas sweep configs/sweeps/sizes.py --seeds 1 --splits 3 \
        --workdir runs/sizes --set data.data_dir=DATA

Figure 7 of arXiv:2009.00387, which prints no numbers: L = 2 is good, more gives
marginal returns, and so does a larger K. A search in a space of L layers can
find shallower nets, too: see `full_route` for what depth itself does.

The results are in `docs/results/sizes`: depth does harm to routes that are not
searched, and the search hardly depends on either size.
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
        baselines=(),
        mmoe_recipes=(),
    )
    config = with_section(config, "search", compared=("candidates",))
    return Sweep(
        title="Layers and sub-networks",
        config=with_section(config, "search.candidates", cost_weights=(0.0,)),
        variants={
            "L=2 K=4": (),
            "L=1 K=4": ("model.num_layers=1",),
            "L=3 K=4": ("model.num_layers=3",),
            "L=2 K=2": ("model.num_subnetworks=2",),
            "L=2 K=6": ("model.num_subnetworks=6",),
        },
    )
