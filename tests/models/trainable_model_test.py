"""What models add to Keras: defaults, exact evaluation, settled tables."""

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data
from tolerances import near

from mtnas_tf.losses import loss_for
from mtnas_tf.metrics import ExpectedCalibrationError
from mtnas_tf.metrics import LogLoss
from mtnas_tf.metrics import RootMeanSquaredError
from mtnas_tf.metrics import evaluate_tasks
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.metrics import reliability_bins
from mtnas_tf.models import MMoE
from mtnas_tf.models.task_weights import task_weights
from mtnas_tf.optimizers import SparseAdam

SPLIT = toy_data.make_split(10)
TASKS = toy_data.SCHEMA.tasks


def make(**kwargs):
    keras.utils.set_random_seed(0)
    return MMoE(
        toy_data.SCHEMA,
        num_experts=3,
        hidden_units=(5,),
        embedding_dim=4,
        table_initializer="random_normal",
        **kwargs,
    )


@pytest.fixture(scope="module")
def model():
    model = make()
    model.compile(jit_compile=False)
    return model


def expected_results(model, weights=None):
    predictions = checks.to_numpy(model(SPLIT.inputs))
    metrics = evaluate_tasks(TASKS, SPLIT.labels, predictions, weights)
    results = {"loss": mtl_loss(TASKS, metrics)}
    for task, values in metrics.items():
        results |= {f"{task}_{name}": v for name, v in values.items()}
    return results


def test_compile_defaults_fit_the_schema():
    model = make()
    model.compile()
    assert isinstance(model.optimizer, SparseAdam)
    assert {name: type(loss) for name, loss in model.loss.items()} == {
        task.name: type(loss_for(task)) for task in TASKS
    }
    assert model.jit_compile is True


@pytest.mark.parametrize("batch_size", [None, 4])
def test_evaluate_is_exact_for_arrays(model, batch_size):
    results = model.evaluate(
        SPLIT.inputs, SPLIT.labels, batch_size=batch_size, return_dict=True
    )
    assert results == near(expected_results(model))
    values = model.evaluate(SPLIT.inputs, SPLIT.labels)
    assert values == near(list(results.values()))


def test_evaluate_weighs_rows(model):
    rng = np.random.default_rng(0)
    weights = {task.name: rng.uniform(0, 2, (10, 1)) for task in TASKS}
    results = model.evaluate(
        SPLIT.inputs, SPLIT.labels, sample_weight=weights, return_dict=True
    )
    expected = expected_results(model, weights)
    assert results == near(expected)
    assert results != pytest.approx(expected_results(model), rel=1e-3)


def test_evaluate_reads_datasets_up_to_steps(model):
    dataset = tf.data.Dataset.from_tensor_slices((SPLIT.inputs, SPLIT.labels))
    results = model.evaluate(dataset.batch(3), return_dict=True)
    assert results == near(expected_results(model))
    twice = dataset.batch(10).concatenate(dataset.batch(4))
    results = model.evaluate(twice, steps=1, return_dict=True)
    assert results == near(expected_results(model))


def test_evaluate_prints_when_asked(model, capsys):
    model.evaluate(SPLIT.inputs, SPLIT.labels)
    assert capsys.readouterr().out == ""
    model.evaluate(SPLIT.inputs, SPLIT.labels, verbose=1)
    assert "click_auc: 0." in capsys.readouterr().out


def test_evaluate_runs_callbacks(model):
    calls = []
    callback = keras.callbacks.LambdaCallback()
    callback.on_test_begin = lambda logs=None: calls.append("begin")
    callback.on_test_end = lambda logs=None: calls.append(sorted(logs))
    model.evaluate(SPLIT.inputs, SPLIT.labels, callbacks=[callback])
    assert calls == ["begin", sorted(expected_results(model))]


def test_evaluate_of_nothing_is_refused(model):
    with pytest.raises(ValueError, match="`x` must hold at least one batch"):
        model.evaluate([])


def test_metrics_of_the_user_are_kept(tmp_path):
    model = make()
    model.compile(
        metrics={"stars": [keras.metrics.RootMeanSquaredError(name="rmse")]},
        jit_compile=False,
    )
    results = model.evaluate(SPLIT.inputs, SPLIT.labels, return_dict=True)
    expected = expected_results(model)
    assert results["stars_rmse"] == near(np.sqrt(expected["stars_mse"]))
    assert {k: results[k] for k in expected} == near(expected)


def own_metrics():
    return {
        "click": [ExpectedCalibrationError(num_bins=3), LogLoss()],
        "stars": [RootMeanSquaredError()],
    }


def own_results(model, weights):
    """`own_metrics` by weight, beside what is always there."""
    probs = np.asarray(model(SPLIT.inputs)["click"])
    bins = reliability_bins(SPLIT.labels["click"], probs, weights["click"], 3)
    expected = expected_results(model, weights)
    rmse = np.sqrt(expected["stars_mse"])
    return expected | {"click_ece": bins.error, "stars_rmse": rmse}


def test_own_metrics_are_masked_and_weighted(tmp_path):
    model = make()
    model.compile(
        weighted_metrics=own_metrics(), jit_compile=False, run_eagerly=True
    )
    weights = sample_weights()
    history = model.fit(
        SPLIT.inputs,
        SPLIT.labels,
        sample_weight=weights,
        validation_data=(SPLIT.inputs, SPLIT.labels, weights),
        batch_size=5,
        verbose=0,
    ).history
    # A metric of all rows is none of a training step's.
    logged = {"loss", "click_log_loss", "stars_rmse"}
    assert logged <= history.keys()
    assert "click_ece" not in history
    assert np.isfinite([history[name] for name in logged]).all()
    model.save(tmp_path / "model.keras")
    for evaluated in (model, keras.saving.load_model(tmp_path / "model.keras")):
        results = evaluated.evaluate(
            SPLIT.inputs, SPLIT.labels, sample_weight=weights, return_dict=True
        )
        expected = own_results(model, weights)
        assert {k: results[k] for k in expected} == near(expected)
        assert {k: history[f"val_{k}"][-1] for k in expected} == near(expected)


def sample_weights(seed=0):
    rng = np.random.default_rng(seed)
    weights = {t.name: rng.uniform(0, 2, (10, 1)).astype("f") for t in TASKS}
    weights["stars"][3] = 0
    return weights


def reference_loss(predictions, labels, weights):
    """Row by row: each task's weighted mean over its observed labels."""
    loss = 0.0
    for task in TASKS:
        total, total_weight = 0.0, 0.0
        for y, p, w in zip(
            labels[task.name], predictions[task.name], weights[task.name],
            strict=True,
        ):  # fmt: skip
            if np.isnan(y[0]):
                continue
            y, p = float(y[0]), float(p[0])
            if task.kind == "binary":
                row = -np.log(p if y == 1 else 1 - p)
            else:
                row = (p - y) ** 2
            total += float(w[0]) * row
            total_weight += float(w[0])
        loss += total / total_weight if total_weight else 0.0
    return loss


ONES = {task.name: np.ones((10, 1), "f") for task in TASKS}
MISSING = {
    "some": {},
    "all of click": {"click": np.full((10, 1), np.nan, "f")},
    "all": {t.name: np.full((10, 1), np.nan, "f") for t in TASKS},
}
WEIGHTS = {
    "none": None,
    "each": sample_weights(),
    "one": {"stars": sample_weights()["stars"]},
    "zero": sample_weights() | {"click": np.zeros((10, 1), "f")},
    "common": sample_weights()["stars"],
}


def complete(weights):
    given = task_weights(TASKS, weights) or {}
    return ONES | {k: v for k, v in given.items() if v is not None}


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("missing", MISSING)
def test_loss_is_of_the_weighed_observed_labels(model, missing, weights):
    labels, weights = SPLIT.labels | MISSING[missing], WEIGHTS[weights]
    outputs = model(SPLIT.inputs)
    loss = model.compute_loss(SPLIT.inputs, labels, outputs, weights)
    predictions = checks.to_numpy(outputs)
    expected = reference_loss(predictions, labels, complete(weights))
    assert float(loss) == near(expected)


def step(model, labels, weights):
    """One step's logs and the changes of the weights, which are undone."""
    before = [weight.numpy() for weight in model.trainable_weights]
    model.reset_metrics()
    logs = model.train_on_batch(SPLIT.inputs, labels, weights, return_dict=True)
    changes = {}
    for weight, start in zip(model.trainable_weights, before, strict=True):
        changes[weight.path] = weight.numpy() - start
        weight.assign(start)
    return logs, changes


@pytest.mark.parametrize(
    "jit_compile", [False, pytest.param(True, marks=pytest.mark.slow)]
)
def test_a_step_trains_on_the_weighed_observed_labels(jit_compile):
    model = make(normalization=None, gate_normalization=None)
    model.compile(
        keras.optimizers.SGD(1.0),
        weighted_metrics=own_metrics(),
        jit_compile=jit_compile,
    )
    predictions = checks.to_numpy(model(SPLIT.inputs))
    for missing in MISSING:
        for weights in (WEIGHTS["each"], WEIGHTS["zero"]):
            labels = SPLIT.labels | MISSING[missing]
            logs, changes = step(model, labels, weights)
            expected = reference_loss(predictions, labels, weights)
            assert logs["loss"] == near(expected)
            is_silent = missing != "some" or not weights["click"].any()
            assert np.isnan(logs["click_log_loss"]) == is_silent
            assert np.isnan(logs["stars_rmse"]) == (missing == "all")
            assert all(np.isfinite(change).all() for change in changes.values())
            moved = [name for name, change in changes.items() if change.any()]
            assert bool(moved) == (missing != "all")
            assert any("click" in name for name in moved) != is_silent


def test_weights_of_an_unknown_task_are_refused(model):
    weights = {"clicks": ONES["click"]}
    with pytest.raises(ValueError, match="`sample_weight` must be keyed by"):
        model.evaluate(SPLIT.inputs, SPLIT.labels, sample_weight=weights)
    data = tf.data.Dataset.from_tensors((SPLIT.inputs, SPLIT.labels, weights))
    with pytest.raises(ValueError, match="`sample_weight` must be keyed by"):
        model.fit(data, verbose=0)


@pytest.mark.parametrize("which", ["one", "common"])
def test_evaluate_completes_the_weights(model, which):
    weights = WEIGHTS[which]
    given = {"click": weights} if which == "common" else {}
    given |= weights if which == "one" else {"stars": weights}
    expected = expected_results(model, given)
    dataset = tf.data.Dataset.from_tensors(
        (SPLIT.inputs, SPLIT.labels, weights)
    )
    for arguments in ((SPLIT.inputs, SPLIT.labels), (dataset, None)):
        results = model.evaluate(
            *arguments,
            sample_weight=weights if arguments[1] else None,
            return_dict=True,
        )
        assert results == near(expected)


def test_a_task_without_labels_adds_nothing_to_the_loss_of_all_rows(model):
    labels = SPLIT.labels | MISSING["all of click"]
    with pytest.warns(UserWarning, match="Task `click`.* 0 positive"):
        results = model.evaluate(SPLIT.inputs, labels, return_dict=True)
    assert np.isnan(results["click_auc"])
    assert results["loss"] == results["stars_mse"]


def test_validation_during_fit_is_exact():
    model = make()
    model.compile(run_eagerly=True, jit_compile=False)
    history = model.fit(
        SPLIT.inputs,
        SPLIT.labels,
        validation_data=(SPLIT.inputs, SPLIT.labels),
        batch_size=5,
        epochs=2,
        verbose=0,
    ).history
    last = {
        name: history[f"val_{name}"][-1] for name in expected_results(model)
    }
    assert last == near(expected_results(model))


def test_a_step_is_traced_once(monkeypatch):
    traces = []

    def compute_loss(model, *args, **kwargs):
        traces.append(model)
        return compute(model, *args, **kwargs)

    compute = MMoE.compute_loss
    monkeypatch.setattr(MMoE, "compute_loss", compute_loss)
    model = make()
    model.compile(keras.optimizers.SGD(0.1), jit_compile=False)
    model.fit(
        SPLIT.inputs, SPLIT.labels, batch_size=5, shuffle=False, verbose=0
    )
    assert traces == [model]


@pytest.mark.parametrize(
    "semantics", ["exact", pytest.param("lazy", marks=pytest.mark.slow)]
)
def test_a_step_copies_no_table(semantics):
    model = make()
    model.compile(SparseAdam(0.1, semantics=semantics))
    batch = (SPLIT.inputs, SPLIT.labels)
    assert checks.table_copies(model, batch) == []


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_a_loaded_model_trains_on(dtype, tmp_path):
    model = make(dtype=dtype)
    model.compile(
        SparseAdam(0.01),
        loss_weights={"click": 2.0, "stars": 0.5},
        run_eagerly=True,
        jit_compile=False,
    )
    batches = {"batch_size": 5, "shuffle": False, "verbose": 0}
    model.fit(SPLIT.inputs, SPLIT.labels, **batches)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for trained in (model, loaded):
        trained.run_eagerly = True
        trained.fit(SPLIT.inputs, SPLIT.labels, **batches)
    checks.assert_same_weights(loaded, model)
    checks.assert_same_weights(loaded.optimizer, model.optimizer)
