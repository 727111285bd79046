import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from checks import assert_same_weights
from run_folders import files_of
from run_folders import read_json
from tolerances import assert_near
from tolerances import near

from export.serving import Predictor
from export.serving import predict_file
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.verbs.derive import derive
from mtnas_tf.experiment.verbs.evaluate import evaluate
from mtnas_tf.experiment.verbs.export import export
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.models import from_preset
from mtnas_tf.routes import Route

pytestmark = [
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
    pytest.mark.usefixtures("eagerly"),
]
TASKS = ("task_0", "task_1")


# None: what the config says, "retrain".
@pytest.mark.parametrize("weights", ["inherit", "finetune", None])
def test_from_search_to_predictions(
    searched, synthetic_config, tmp_path, weights
):
    workdir, _ = searched
    results = derive(workdir, weights)
    route = Route.load(workdir / "route.json")
    assert route.to_dict() == results["route"]
    assert {"model.keras", "route.json", "route.svg", "route.png"} <= (
        files_of(workdir)
    )
    model = keras.saving.load_model(workdir / "model.keras")
    assert model.route == route
    assert results["epochs"] == (0 if weights == "inherit" else 2)

    evaluated = evaluate(workdir)
    data = runner.load_data(synthetic_config)
    metrics = model.evaluate_by_task(data.test)
    loss = mtl_loss(data.schema.tasks, metrics)
    assert evaluated == {"test": metrics, "test_loss": loss}
    kept = read_json(workdir / "metrics.json")
    assert kept["evaluated"] == evaluated
    if weights == "inherit":  # the others are networks of the same kind
        check_served(workdir, model, data, tmp_path)


def check_served(workdir, model, data, tmp_path):
    """Exports the run's model, and predicts the test rows by it."""
    directory = Path(export(workdir, ("onnx", "saved_model"))["directory"])
    assert directory == workdir / "export"
    files = {"manifest.json", "model.onnx", "saved_model"}
    assert files_of(directory) == files

    rows = data.splits["test"].inputs["values"]
    text = [",".join(f"x_{i}" for i in range(rows.shape[1]))]
    text += [",".join(map(str, row)) for row in rows.tolist()]
    (tmp_path / "rows.csv").write_text("\n".join(text))
    predictor = Predictor(directory)
    path = tmp_path / "predictions.csv"
    assert predict_file(predictor, tmp_path / "rows.csv", path) == len(rows)
    served = np.loadtxt(path, delimiter=",", skiprows=1)
    outputs = model.predict({"values": rows}, verbose=0)
    for index, task in enumerate(TASKS):
        assert_near(served[:, index], outputs[task][:, 0])


# None: the network that the search ended with.
@pytest.mark.parametrize("weights", [None, "finetune", "retrain"])
def test_derived_from_candidates(candidates_run, tmp_path, weights):
    workdir = tmp_path / "run"
    shutil.copytree(candidates_run[0], workdir)
    picked = Route.load(workdir / "route.json")
    before = keras.saving.load_model(workdir / "search.keras")
    results = derive(workdir, weights)
    model = keras.saving.load_model(workdir / "model.keras")
    assert results["weights"] == (weights or "inherit")
    assert read_json(workdir / "metrics.json")["derived"] == results
    if weights == "retrain":
        expected = Route.load(workdir / "best_mean_route.json")
    else:
        expected = picked
    assert model.route == Route.load(workdir / "route.json") == expected
    if weights is None:
        assert_same_weights(model, before)
    assert results["epochs"] == (2 if weights else 0)
    evaluated = evaluate(workdir, "valid")
    assert evaluated["valid"] == near(results["valid"])
    assert evaluated["valid_loss"] == near(results["valid_loss"])


@pytest.mark.slow
def test_the_searched_network_can_be_derived_again(candidates_run, tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(candidates_run[0], workdir)
    searched = keras.saving.load_model(workdir / "search.keras")
    derive(workdir, "retrain")
    evaluate(workdir, "valid")["valid"]
    export(workdir, ("onnx",))
    (workdir / "export" / "predictions.csv").write_text("of a user\n")
    derive(workdir, "inherit")
    model = keras.saving.load_model(workdir / "model.keras")
    assert_same_weights(model, searched)
    # What was made of the earlier network is gone, and nothing else.
    assert files_of(workdir / "export") == {"predictions.csv"}
    metrics = read_json(workdir / "metrics.json")
    assert set(metrics) == {*candidates_run[1], "derived"}
    assert metrics["valid"] == candidates_run[1]["valid"]
    with pytest.raises(FileNotFoundError, match="must be an export"):
        Predictor(workdir / "export")


def test_stages_out_of_order(synthetic_config, tmp_path):
    for stage in (
        lambda workdir: derive(workdir, "inherit"),
        lambda workdir: evaluate(workdir)["test"],
    ):
        with pytest.raises(FileNotFoundError, match="no run directory"):
            stage(tmp_path / "run")
    workdir = tmp_path / "run"
    workdir.mkdir()
    (workdir / "config.json").write_text(synthetic_config.to_json())
    with pytest.raises(FileNotFoundError, match="Run `mtnas search` first"):
        derive(workdir, "inherit")
    message = "no model.keras in .*Run `mtnas derive` or `mtnas train` first"
    for stage in (
        lambda workdir: evaluate(workdir)["test"],
        lambda workdir: export(workdir, ("onnx",)),
    ):
        with pytest.raises(FileNotFoundError, match=message):
            stage(workdir)


@pytest.mark.slow
def test_a_derived_network_becomes_a_preset(candidates_run, tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(candidates_run[0], workdir)
    derive(workdir)
    places = export(workdir, ["preset"], license="CC0")
    assert places == {"preset": str(workdir / "preset")}
    assert "export" not in files_of(workdir)
    card = (workdir / "preset" / "README.md").read_text()
    assert "not evaluated on test rows" in card
    assert "\n## Licence of the data\n\nCC0\n" in card
    assert str(tmp_path) not in card

    evaluated = evaluate(workdir)
    export(workdir, ["preset"])
    card = (workdir / "preset" / "README.md").read_text()
    mse = evaluated["test"]["task_0"]["mse"]
    assert f"| test | task_0 | mse | {mse:.4f} |" in card
    assert "| valid | task_1 | mae |" in card
    assert "by `mtnas derive --weights inherit`" in card
    assert "Of one training of seed " in card
    model = from_preset(workdir / "preset")
    assert model.route.to_dict() == read_json(workdir / "route.json")

    derive(workdir)
    assert "preset" not in files_of(workdir)
