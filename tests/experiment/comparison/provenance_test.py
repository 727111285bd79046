"""Digests of configs, and when a run began."""

import datetime

import mtnas_tf
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import config_digest
from mtnas_tf.config import values_without_places
from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison.provenance import begun
from mtnas_tf.experiment.comparison.provenance import provenance

CONFIG = ExperimentConfig(seed=3)


def test_a_digest_is_of_all_values_but_places():
    moved = with_section(CONFIG, "data", data_dir="elsewhere")
    assert config_digest(moved) == config_digest(CONFIG)
    assert config_digest(ExperimentConfig()) != config_digest(CONFIG)
    longer = with_section(CONFIG, "optim", epochs=CONFIG.optim.epochs + 1)
    assert config_digest(longer) != config_digest(CONFIG)
    same = ExperimentConfig.from_json(CONFIG.to_json())
    assert config_digest(same) == config_digest(CONFIG)
    assert "data_dir" not in values_without_places(CONFIG)["data"]


def test_a_digest_is_of_tuned_values_wherever_they_lie(tmp_path):
    digests = []
    for name, text in [("a", "{}"), ("b", "{}"), ("c", '{"best": {}}')]:
        (tmp_path / name).write_text(text)
        tuned = with_section(CONFIG, "optim", tuned=str(tmp_path / name))
        digests.append(config_digest(tuned))
    assert digests[0] == digests[1] != digests[2]
    assert config_digest(CONFIG) not in digests


def test_a_resumed_run_keeps_its_beginning(tmp_path):
    first = begun(tmp_path)
    (tmp_path / "begun.txt").write_text("2020-02-29T00:00:00+00:00")
    assert begun(tmp_path) == "2020-02-29T00:00:00+00:00" != first
    found = provenance(CONFIG, first)
    times = [
        datetime.datetime.fromisoformat(found[k]) for k in ("begun", "ended")
    ]
    assert times == sorted(times) and times[0].tzinfo is not None
    assert found["config_sha256"] == config_digest(CONFIG)
    assert found["version"] == mtnas_tf.__version__
