import pathlib

import numpy as np
import pytest
import tensorflow_datasets as tfds

import tfds_builders  # noqa: F401  registers the builders
from tfds_builders.synthetic_mtl import generator
from tfds_builders.synthetic_mtl import synthetic_mtl_dataset_builder

Config = synthetic_mtl_dataset_builder.SyntheticMtlConfig


def tiny_config(**changes):
    settings = {"name": "tiny", "num_rows": 25, "num_features": 3, "seed": 2}
    return Config(**(settings | changes))


class SyntheticMtlTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = synthetic_mtl_dataset_builder.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = [tiny_config()]
    SPLITS = {"train": 21, "valid": 2, "test": 2}
    EXAMPLE_DIR = pathlib.Path(__file__).parent  # nothing is read from it


def stored(tmp_path, config):
    """Inputs and labels of all splits, sorted by the first input."""
    builder = tfds.builder("synthetic_mtl", config=config, data_dir=tmp_path)
    builder.download_and_prepare()
    splits = tfds.as_numpy(builder.as_dataset())
    rows = [
        [*row["x"], row["task_0"], row["task_1"]]
        for split in splits.values()
        for row in split
    ]
    return np.array(sorted(rows))


def test_records_are_the_generators_rows(tmp_path):
    config = tiny_config(
        correlation=0.5, scale=0.7, num_sines=2, noise_variance=0.3
    )
    rng = np.random.default_rng(2)
    tasks = generator.draw_tasks(
        rng, correlation=0.5, num_features=3, scale=0.7, num_sines=2
    )
    x, labels = generator.draw_rows(rng, tasks, num_rows=25, noise_variance=0.3)
    expected = np.concatenate([x, labels], axis=1)
    expected = expected[np.argsort(expected[:, 0])]
    np.testing.assert_array_equal(stored(tmp_path, config), expected)


def test_seed_changes_the_records(tmp_path):
    first = stored(tmp_path / "a", tiny_config(seed=0))
    again = stored(tmp_path / "b", tiny_config(seed=0))
    other = stored(tmp_path / "c", tiny_config(seed=1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_configs_of_the_paper_differ_in_correlation_alone():
    configs = [
        config
        for config in synthetic_mtl_dataset_builder.Builder.BUILDER_CONFIGS
        if config.name != "small"
    ]
    assert {config.name: config.correlation for config in configs} == {
        "p0": 0.0,
        "p20": 0.2,
        "p50": 0.5,
        "p80": 0.8,
        "p90": 0.9,
        "p100": 1.0,
    }
    for config in configs:
        assert config.num_rows == 10_000
        assert config.num_features == 100
        assert (config.scale, config.num_sines) == (1.0, 10)
        assert (config.noise_variance, config.seed) == (0.01, 0)


def test_first_config_is_the_default(tmp_path):
    builder = tfds.builder("synthetic_mtl", data_dir=tmp_path)
    assert builder.builder_config.name == "p0"
    assert builder.info.features["x"].shape == (100,)


@pytest.mark.parametrize(
    "change",
    [
        {"correlation": 1.1},
        {"correlation": -1.1},
        {"num_rows": 9},
        {"num_features": 1},
        {"scale": 0.0},
        {"num_sines": -1},
        {"noise_variance": -0.1},
        {"seed": -1},
    ],
)
def test_wrong_setting_is_named(change):
    ((name, value),) = change.items()
    with pytest.raises(ValueError, match=f"`{name}` must.*{name}={value}"):
        tiny_config(**change)
