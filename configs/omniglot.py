"""Learned allocation of components on Omniglot, arXiv:1910.04915 section 5.2.

    mtnas prepare omniglot_mtl/first_20 --data-dir DATA
    mtnas compare configs/omniglot.py --seeds 3 --workdir runs/omniglot \
        --set data.data_dir=DATA

The recipe of the authors' code (google-research,
`learning_parameter_allocation`): 20 alphabets in images of 105 x 105 pixels,
eight layers of seven components, 8,000 rounds of a batch of 16 from each
alphabet. Published is a mean test error of 6.48 %, to compare with 7.81 % of
per-example routing (Ramachandran and Le, 2019); errors of other allocations,
deviations and seeds are not. A training has 160,000 steps, on two cores of 2.4
to 3.8 seconds each: it is meant for a GPU, and 20 of its rounds were run.
`configs/omniglot_small.py` runs anywhere.
"""

from mtnas_tf.config import AllocationConfig
from mtnas_tf.config import DataConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import OptimConfig


def get_config() -> ExperimentConfig:
    """The experiment."""
    return ExperimentConfig(
        data=DataConfig(name="omniglot_mtl/first_20", batch_size=16),
        optim=OptimConfig(learning_rate=1e-4),
        allocation=AllocationConfig(),  # its defaults are the published recipe
    )
