import json

import pytest
import toy_comparison
from toy_comparison import CONFIG

from mtnas_tf.config import load_config
from mtnas_tf.config import with_section
from mtnas_tf.experiment.allocation import run
from mtnas_tf.experiment.allocation import training
from mtnas_tf.experiment.verbs.compare import compare
from mtnas_tf.models import AllocationNet
from mtnas_tf.progress import progress_now

TWO = with_section(CONFIG, "allocation", compared=("learned", "shared_bottom"))
FILES = {
    "accuracy.svg",
    "allocation_learned.svg",
    "compare.json",
    "compare.md",
    "config.json",
    "entropy.svg",
    "probabilities_learned.svg",
    "report.html",
    "tasks_learned.svg",
}


@pytest.fixture(autouse=True)
def toy_data(monkeypatch):
    monkeypatch.setattr(run, "load", toy_comparison.load_data)


def test_compare_goes_on_after_its_last_row(tmp_path, monkeypatch):
    workdir, lines = tmp_path / "run", []
    trained = []

    def once(model, config, data, folder):
        trained.append((model.sharing, progress_now().done))
        if len(trained) == 2:
            raise KeyboardInterrupt
        history = dict.fromkeys(("val_accuracy", "entropy"), [0.5, 0.25])
        return training.Training(model, history, 2.0)

    def accuracies(model, data, split):
        return {task: {"accuracy": 0.25} for task in data.schema.task_names}

    monkeypatch.setattr(training, "train", once)
    monkeypatch.setattr(training, "accuracies", accuracies)
    with pytest.raises(KeyboardInterrupt):
        compare(TWO, 1, workdir, lines.append)
    assert not workdir.exists()
    result = compare(TWO, 1, workdir, lines.append)
    # The row that was kept counts as done.
    assert trained == [("learned", 0.0), ("sum", 0.0), ("sum", 1.0)]
    assert {path.name for path in workdir.iterdir()} == FILES
    written = json.loads((workdir / "compare.json").read_text())
    assert written["rows"] == result["rows"]
    assert load_config(workdir / "config.json") == TWO
    page = (workdir / "compare.md").read_text(encoding="utf-8")
    assert "| learned | 75.00 |" in page
    assert "| learned | 75.00 |" in lines[-1]
    pictures = {name for name in FILES if name.endswith(".svg")}
    assert all(f"]({name})" in page for name in pictures)


@pytest.mark.parametrize(
    ("jit_compile", "expected"), [(True, "auto"), (False, False)]
)
def test_xla_is_used_on_a_gpu_at_most(jit_compile, expected, monkeypatch):
    compiled = []

    def compile_it(model, optimizer, jit_compile, steps_per_execution):
        compiled.append(jit_compile)
        raise KeyboardInterrupt

    monkeypatch.setattr(AllocationNet, "compile", compile_it)
    config = with_section(CONFIG, "optim", jit_compile=jit_compile)
    data = toy_comparison.load_data(batch_size=3, seed=3)
    model = training.new_model("learned", config, data.schema, 3)
    with pytest.raises(KeyboardInterrupt):
        training.train(model, config, data)
    assert compiled == [expected]


@pytest.mark.parametrize(
    "options", [{"num_splits": 2}, {"budget": 3.0}, {"models": ["mmoe"]}]
)
def test_options_of_rows_are_refused(options, tmp_path):
    message = "`--splits`, `--budget`, `--models` and `--executor` must be left"
    with pytest.raises(ValueError, match=message):
        compare(TWO, 1, tmp_path / "run", **options)
    with pytest.raises(ValueError, match="`num_seeds` must be positive"):
        compare(TWO, 0, tmp_path / "run")
    assert not list(tmp_path.iterdir())
