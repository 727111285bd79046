import pathlib

import numpy as np
import pytest
import tensorflow_datasets as tfds

from mtnas_tf.data import CATALOG
from tfds_builders.synthetic_log import generator
from tfds_builders.synthetic_log import synthetic_log_dataset_builder

Config = synthetic_log_dataset_builder.SyntheticLogConfig


def tiny_config(**changes):
    return Config(**({"name": "tiny", "num_rows": 26, "seed": 2} | changes))


class SyntheticLogTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = synthetic_log_dataset_builder.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = [tiny_config()]
    SPLITS = {"train": 10, "valid": 6, "test": 10}
    EXAMPLE_DIR = pathlib.Path(__file__).parent  # nothing is read from it


def test_records_are_the_generators_rows(tmp_path):
    config = tiny_config(frequency=1.7)
    builder = tfds.builder("synthetic_log", config=config, data_dir=tmp_path)
    builder.download_and_prepare()
    log = generator.draw_log(2, 26, frequency=1.7)
    truths = {f"{k}_probability": v for k, v in log.probabilities.items()}
    columns = {**log.fields, **log.labels, **truths}
    for split, rows in {
        "train": slice(0, 10),
        "valid": slice(10, 16),
        "test": slice(16, 26),
    }.items():
        records = list(tfds.as_numpy(builder.as_dataset(split=split)))
        stored = sorted(tuple(r[k] for k in columns) for r in records)
        drawn = zip(
            *(
                v[rows].astype(np.float32) if k in truths else v[rows]
                for k, v in columns.items()
            ),
            strict=True,
        )
        assert stored == sorted(drawn)


def test_schema_reads_no_truth():
    schema = CATALOG["synthetic_log"]
    assert [field.name for field in schema.fields] == [*generator.FIELDS]
    assert schema.task_names == tuple(generator.RATES)


def test_first_config_is_the_default(tmp_path):
    builder = tfds.builder("synthetic_log", data_dir=tmp_path)
    assert builder.builder_config.name == "seed0"


@pytest.mark.parametrize(
    "change", [{"num_rows": 12}, {"seed": -1}, {"frequency": 0.0}]
)
def test_wrong_setting_is_named(change):
    ((name, value),) = change.items()
    with pytest.raises(ValueError, match=f"`{name}` must.*{name}={value}"):
        tiny_config(**change)
