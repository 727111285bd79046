import types

import pytest
import tensorflow as tf

from mtnas_tf.experiment.quickstart import stages
from mtnas_tf.experiment.quickstart.config import PLANTED_GROUPS
from mtnas_tf.experiment.quickstart.config import get_config
from tfds_builders.synthetic_log import generator


def test_groups_are_those_of_the_data():
    assert PLANTED_GROUPS == generator.GROUPS


@pytest.mark.parametrize("seed", [0, 9])
def test_a_seed_draws_other_data_and_another_search(seed):
    config = get_config(seed)
    assert config.data.name == f"synthetic_log/seed{seed}"
    assert config.seed == seed


def test_rows_to_serve_hold_raw_fields_alone(tmp_path):
    drawn = {"user_id": [7, 8], "click": [0, 1], "hour": [23, 0]}
    records = tf.data.Dataset.from_tensor_slices(drawn)
    builder = types.SimpleNamespace(as_dataset=lambda split: records)
    stages._write_rows(tmp_path / "rows.csv", builder, ["user_id", "hour"])
    lines = (tmp_path / "rows.csv").read_text().splitlines()
    assert lines == ["user_id,hour", "7,23", "8,0"]
