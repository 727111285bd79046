"""A comparison of allocations that takes seconds."""

import toy_images

from mtnas_tf.config import AllocationConfig
from mtnas_tf.config import DataConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import OptimConfig

CONFIG = ExperimentConfig(
    data=DataConfig(name="omniglot_mtl/first_20", batch_size=3),
    optim=OptimConfig(learning_rate=0.01, jit_compile=False),
    allocation=AllocationConfig(
        components=("conv3x3", "conv1x3|conv3x1", "identity"),
        strides=(2,),
        num_filters=4,
        num_groups=2,
        # Bits are off as often as on, so that allocations differ.
        initial_probability=0.5,
        initial_temperature=1.0,
        num_rounds=2,
        rounds_per_epoch=1,
    ),
    seed=3,
)


def load_data(**options):
    """What `mt.data.load` is replaced by."""
    return toy_images.make_data(options["batch_size"], options["seed"])
