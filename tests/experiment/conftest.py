"""What the tests of this folder share."""

import dataclasses

import pytest
from tiny_experiment import CONFIG
from tiny_experiment import without_graphs

from mtnas_tf.config import DataConfig
from mtnas_tf.data import prepare
from tfds_builders.synthetic_mtl import synthetic_mtl_dataset_builder

TINY = synthetic_mtl_dataset_builder.SyntheticMtlConfig(
    name="tiny", num_rows=150, num_features=3, seed=2
)


@pytest.fixture(scope="module")
def synthetic_config(tmp_path_factory):
    """A config on a variant of synthetic_mtl with 150 rows, prepared."""
    builder = synthetic_mtl_dataset_builder.Builder
    with pytest.MonkeyPatch.context() as patch:
        # TFDS keeps what it first computes of the list: that comes first, or
        # the variant would stay for the tests of other folders.
        by_name = {**builder.builder_configs, TINY.name: TINY}
        patch.setattr(builder, "builder_configs", by_name)
        configs = [*builder.BUILDER_CONFIGS, TINY]
        patch.setattr(builder, "BUILDER_CONFIGS", configs)
        name = "synthetic_mtl/tiny"
        data_dir = str(tmp_path_factory.mktemp("tfds"))
        prepare(name, data_dir=data_dir)
        data = DataConfig(
            name=name, data_dir=data_dir, batch_size=60, reward_batch_size=15
        )
        yield dataclasses.replace(CONFIG, data=data)


@pytest.fixture(scope="module")
def eagerly():
    """Steps are not compiled while the tests of a file run."""
    with without_graphs():
        yield
