"""Comparisons on a table, whose splits have schemas of their own."""

import numpy as np
import pandas as pd
import pytest
import scripted_comparison
from inline_executor import InlineExecutor
from scripted_comparison import COMPARED
from scripted_comparison import Script
from scripted_comparison import without_times

from mtnas_tf.config import with_section
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison.compare import compare

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")
REGRESSION = ("click", "stars")


class TableScript(Script):
    """Trains nothing on the splits of a table; remembers their schemas."""

    def __init__(self, monkeypatch):
        super().__init__(monkeypatch)
        self.data = {}  # split -> its data
        self.schemas = []  # of data and networks that are trained
        monkeypatch.setattr(scripted_comparison, "metrics", metrics)

    def load(self, config):
        data = runner.load_data(config)
        self.data[config.data.split_seed] = data
        return data

    def train(self, trainer, data, routes, seeds):
        population = trainer.population
        self.schemas.append((data.schema, population.schema, population))
        yield from super().train(trainer, data, routes, seeds)


def metrics(tasks, quality):
    of_task = {"auc": quality, "log_loss": 1 - quality, "mse": 1 - quality}
    return dict.fromkeys(tasks, of_task)


@pytest.fixture
def script(monkeypatch):
    return TableScript(monkeypatch)


def config_of(tmp_path, tasks, frame=None, **data):
    path = tmp_path / "log.csv"
    frame = make_frame() if frame is None else frame
    frame.to_csv(path, index=False)
    config = with_section(COMPARED, "table", path=str(path), tasks=tasks)
    values = {"baselines": ("mmoe",), "match_parameters": False}
    config = with_section(config, "model", **values)
    return with_section(config, "data", batch_size=20, num_buckets=1000, **data)


def make_frame(num_rows=200):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "user": rng.choice(list("abcdefgh"), num_rows),
            "price": rng.normal(size=num_rows),
            "click": rng.integers(2, size=num_rows),
            "like": rng.integers(2, size=num_rows),
            "stars": rng.normal(3, size=num_rows),
        }
    )


def compared(config, script, executor=None):
    return compare(config, 1, 2, script.load, lambda _: None, executor=executor)


def searched(script):
    """Populations of the searched space, by the split they are trained on."""
    found = {}
    for split, data in script.data.items():
        found[split] = {
            id(population)
            for schema, _, population in script.schemas
            if schema == data.schema and population.space.query_scope == "prev"
        }
    return found


def test_each_split_has_the_statistics_of_its_training_rows(script, tmp_path):
    compared(config_of(tmp_path, ("click", "like")), script)
    first, second = (data.schema for data in script.data.values())
    assert first.fields != second.fields  # other boundaries of `price`
    assert first.of_networks == second.of_networks
    assert {schema for schema, *_ in script.schemas} == {first, second}
    # What is searched is of the schema of its rows, and compiled once.
    (one,), (other,) = searched(script).values()
    assert one == other


@pytest.mark.slow
def test_networks_have_the_statistics_of_the_split_s_labels(script, tmp_path):
    compared(config_of(tmp_path, REGRESSION), script)
    scales = {
        data.schema.tasks[1].scale: data.splits["train"].labels["stars"].std()
        for data in script.data.values()
    }
    assert len(scales) == 2
    for received, expected in scales.items():
        assert received == pytest.approx(expected, rel=1e-5)
    for of_data, of_network, _ in script.schemas:
        assert of_network.tasks == of_data.tasks
    one, other = searched(script).values()
    assert one.isdisjoint(other)


@pytest.mark.slow
def test_splits_of_other_vocabularies_are_compared(script, tmp_path):
    frame = make_frame()
    frame.loc[::23, "user"] = [f"rare {i}" for i in range(len(frame[::23]))]
    compared(config_of(tmp_path, ("click", "like"), frame, min_count=1), script)
    first, second = (data.schema for data in script.data.values())
    assert first.num_buckets != second.num_buckets
    for of_data, of_network, _ in script.schemas:
        assert of_network.num_buckets == of_data.num_buckets


@pytest.mark.slow
def test_workers_train_the_same(script, tmp_path):
    config = config_of(tmp_path, REGRESSION)
    expected = compared(config, script)["rows"]
    received = compared(config, script, InlineExecutor())["rows"]
    assert without_times(received) == without_times(expected)


def test_other_fields_in_another_split_are_refused(script, tmp_path):
    config = config_of(tmp_path, ("click", "like"))

    def load(config):
        excluded = ("user",) if config.data.split_seed else ()
        return runner.load_data(with_section(config, "table", exclude=excluded))

    with pytest.raises(ValueError, match="same fields in all .*'user'"):
        compare(config, 1, 2, load, lambda _: None)
