import keras
import numpy as np
import pytest
from run_folders import files_of
from run_folders import read_json
from tiny_experiment import CONFIG
from tolerances import near

from mtnas_tf.config import with_section
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.verbs.evaluate import evaluate
from mtnas_tf.experiment.verbs.train import train

pytestmark = [
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
    pytest.mark.usefixtures("eagerly"),
]
TASKS = ("task_0", "task_1")


def test_train(synthetic_config, tmp_path):
    workdir = tmp_path / "run"
    synthetic_config = with_section(synthetic_config, "data", batch_size=70)
    results = train(synthetic_config, "mmoe", workdir)
    assert {
        "about.json",
        "config.json",
        "history.csv",
        "metrics.json",
        "model.keras",
        "report.html",
        "schema.json",
        "sharing_by_epoch.svg",
        "tensorboard",
    } <= files_of(workdir)
    data = runner.load_data(synthetic_config)
    model = keras.saving.load_model(workdir / "model.keras")
    assert model.evaluate_by_task(data.valid) == near(results["valid"])
    # More rows than whole batches, each once.
    split = runner.load_data(synthetic_config).splits["train"]
    evaluated = evaluate(workdir, "train")
    outputs = model.predict(split.inputs, verbose=0)
    errors = [np.square(outputs[t] - split.labels[t]).mean() for t in TASKS]
    assert evaluated["train_loss"] == pytest.approx(sum(errors), rel=1e-5)
    pictures = {"sharing_train.svg", "expert_use_train.svg"}
    assert pictures <= files_of(workdir)
    kept = {**results, "evaluated": evaluated}
    assert read_json(workdir / "metrics.json") == kept


def test_training_that_diverges_leaves_no_directory(synthetic_config, tmp_path):
    config = with_section(synthetic_config, "optim", learning_rate=1e38)
    with pytest.raises(FloatingPointError, match="training diverged"):
        train(config, "shared_bottom", tmp_path / "run")
    assert files_of(tmp_path) == set()


def test_existing_directory_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(runner, "load_data", None)  # refused before that
    (tmp_path / "file").write_text("earlier")
    with pytest.raises(FileExistsError, match="`workdir` must not exist"):
        train(CONFIG, "mmoe", tmp_path)
    assert files_of(tmp_path) == {"file"}
