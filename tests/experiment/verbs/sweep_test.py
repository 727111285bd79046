import dataclasses

import pandas as pd
import pytest

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import Sweep
from mtnas_tf.config import TableConfig
from mtnas_tf.experiment.verbs import sweep as sweep_module
from mtnas_tf.experiment.verbs.sweep import sweep

pytestmark = [
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
    pytest.mark.usefixtures("eagerly"),
]


def test_interrupted_sweep_goes_on(synthetic_config, tmp_path, monkeypatch):
    seen = []

    def run_sweep(plan, num_seeds, num_splits, load, say, keep, known):
        seen.append([row["seed"] for row in known])
        keep({"variant_of_sweep": "wide", "seed": 3})
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep_module.sweeping, "run_sweep", run_sweep)
    wide = {"plain": (), "wide": ("model.units=9",)}
    plan = Sweep(title="Toy", config=synthetic_config, variants=wide)
    for num_seeds in 1, 1, 2:
        with pytest.raises(KeyboardInterrupt):
            sweep(plan, num_seeds, tmp_path / "run")
    assert seen == [[], [3], []]
    wider = {"plain": (), "wide": ("model.units=10",)}
    plan = dataclasses.replace(plan, variants=wider)
    with pytest.raises(FileExistsError, match=r"with another config\.json"):
        sweep(plan, 1, tmp_path / "run")


def test_splits_of_a_table_have_as_large_embedding_tables(
    tmp_path, monkeypatch
):
    def run_sweep(plan, num_seeds, num_splits, load, say, keep, known):
        for config in plan.configs().values():
            assert config.data.num_buckets == 1_000
            assert config.data.batch_size is not None
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep_module.sweeping, "run_sweep", run_sweep)
    path = tmp_path / "log.csv"
    columns = {
        "user": list("abcd"),
        "click": [0, 1, 0, 1],
        "like": [0, 0, 1, 1],
    }
    pd.DataFrame(columns).sample(200, replace=True).to_csv(path, index=False)
    table = TableConfig(path=str(path), tasks=("click", "like"))
    config = ExperimentConfig(table=table)
    plan = Sweep(
        title="Toy",
        config=config,
        variants={"plain": (), "wide": ("model.units=9",)},
    )
    with pytest.raises(KeyboardInterrupt):
        sweep(plan, 1, tmp_path / "run", lambda line: None, num_splits=2)
