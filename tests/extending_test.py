"""The worked examples of docs/extending.md do what the page says."""

import ast
import re
from pathlib import Path

import checks
import keras
import numpy as np
import pytest
import toy_data
import toy_search
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from tolerances import assert_near
from tolerances import near

import mtnas_tf as mt
from export import export_model
from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison.compare import compare
from mtnas_tf.experiment.comparison.new_baseline import new_baseline
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.layers import SharedBottom
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.models import MODELS
from mtnas_tf.models import MultiTaskModel

PAGE = Path(__file__).parents[1] / "docs" / "extending.md"
SHORT, ENCODER, METHOD, ZOO_LINE, BALANCING, REWARD = re.findall(
    r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S
)
SPLIT = toy_data.make_split(10, toy_data.BINARY_SCHEMA)
AMPLIFIED = 2**13


@pytest.fixture(scope="module")
def names():
    """What the page's examples define."""
    names = {}
    for block in (SHORT, ENCODER, METHOD):
        exec(compile(block, str(PAGE), "exec"), names)
    return names


@pytest.fixture
def zoo(names, monkeypatch):
    monkeypatch.setitem(MODELS, "shared_plus_own", None)  # restored afterwards
    exec(ZOO_LINE, {**names, "MODELS": MODELS})
    return MODELS


def test_a_method_is_short():
    assert len(METHOD.splitlines()) + len(ZOO_LINE.splitlines()) < 60
    assert len(ast.parse(ZOO_LINE).body) == 1


def test_parts_of_three_lines_are_saved_and_exported(names, tmp_path):
    for node in ast.parse(SHORT).body:
        if isinstance(node, ast.ClassDef):
            assert node.end_lineno - node.lineno + 1 == 3

    def make():
        keras.utils.set_random_seed(0)
        return names["bounded_model"](toy_data.BINARY_SCHEMA, (3,))

    checks.check_model(make, SPLIT.inputs, SPLIT.labels, path=tmp_path)
    model = make()
    root = model.encoder(SPLIT.inputs)
    plain = FeatureEncoder.call(model.encoder, SPLIT.inputs)
    assert_near(root, np.tanh(plain))
    outputs = SharedBottom.call(model.body, root)["buy"].numpy()
    expected = outputs * checks.sigmoid(outputs)
    assert_near(model.body(root)["buy"], expected)
    export_model(model, tmp_path / "out", formats=("onnx",))


def test_the_encoder_trains_and_is_saved(names, tmp_path):
    schema = toy_data.BINARY_SCHEMA
    assert names["new_model"](schema)(SPLIT.inputs)["buy"].shape == (10, 1)

    def make():
        keras.utils.set_random_seed(0)
        encoder = names["DenseEncoder"](schema.num_buckets, 3, units=4)
        body = SharedBottom(schema.task_names, hidden_units=(3,))
        return MultiTaskModel(schema, body, encoder)

    checks.check_model(make, SPLIT.inputs, SPLIT.labels, path=tmp_path)


def test_the_method_keeps_the_contract_of_the_zoo(zoo, tmp_path):
    def make():
        keras.utils.set_random_seed(0)
        return zoo["shared_plus_own"](
            toy_data.BINARY_SCHEMA, hidden_units=(6, 5)
        )

    checks.check_model(make, SPLIT.inputs, SPLIT.labels, path=tmp_path)


def test_the_balancing_descends_gradients_of_one_norm(names):
    assert len(BALANCING.splitlines()) == 3
    exec(BALANCING, names)
    keras.utils.set_random_seed(0)
    body = SharedBottom(toy_data.BINARY_SCHEMA.task_names, hidden_units=(3,))
    model = MultiTaskModel(toy_data.BINARY_SCHEMA, body)
    balancing = names["SameNorm"]()
    model.compile("sgd", balancing=balancing, run_eagerly=True, jit_compile=0)
    history = model.fit(SPLIT.inputs, SPLIT.labels, epochs=5, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    gradients = np.array([[3, 4], [0, 0.5]])
    found = balancing.coefficients(gradients @ gradients.T, None)
    assert np.asarray(found).tolist() == [0.2, 2.0]


def test_the_body_computes_what_it_says(names):
    body = names["SharedPlusOwnBody"](["a", "b"], hidden_units=(4,))
    root = np.random.default_rng(0).normal(size=(3, 2)).astype("f")
    outputs = body(root)
    experts = body.experts(root).numpy()
    for index, task in enumerate(("a", "b"), start=1):
        np.testing.assert_array_equal(
            outputs[task], experts[:, 0] + experts[:, index]
        )


@pytest.mark.slow
def test_a_comparison_trains_the_method(zoo):
    config = with_section(CONFIG, "model", baselines=("shared_plus_own",))
    (name,) = config.model.baselines
    schema = toy_data.BINARY_SCHEMA
    target = 500
    baseline = new_baseline(name, config, schema, target)
    sizes = baseline.sizes()
    gaps = [
        abs(baseline.sizes(units)["num_parameters"]["dense"] - target)
        for units in (baseline.units, baseline.units + 1, baseline.units - 1)
    ]
    assert gaps[0] == min(gaps)
    # In graphs: an eager step would trace its map over the models anew.
    first, again, other = baseline.train(
        load_data(config), [3, 3, 4], [5, 5, 6]
    )
    assert (first.pair, again.pair, other.pair) == (3, 3, 4)
    # Behind batch normalization some slopes are rounded zeros, from which Adam
    # takes whole steps: networks side by side differ by more than rounding.
    assert first.valid == near(again.valid, num_terms=AMPLIFIED)
    assert first.valid != near(other.valid, num_terms=AMPLIFIED)
    assert first.test != first.valid
    assert first.route is None
    losses = baseline.valid_losses(load_data(config), [6])
    assert losses == [
        near(mtl_loss(schema.tasks, other.valid), num_terms=AMPLIFIED)
    ]
    root, units = 3 * 3 + 2, baseline.units
    assert sizes["multiply_adds"] == 3 * root * units + 2 * units


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Surrogate proposes by scores")
def test_compare_has_rows_of_the_method(zoo):
    config = with_section(CONFIG, "model", baselines=("shared_plus_own",))
    config = with_section(config, "search", compared=("candidates",))
    result = compare(config, 1, load=load_data, report=lambda line: None)
    variants = {
        row["variant"]
        for row in result["rows"]
        if row["model"] == "shared_plus_own"
    }
    assert {None, "mean", "restarted"} <= variants


def test_a_reward_weighs_the_aucs(names):
    exec(REWARD, names)
    tasks = [mt.data.TaskSpec(name=name) for name in ("click", "like", "buy")]
    labels = {
        "click": np.array([0, 1, np.nan, 1], "float32"),
        "like": np.array([1, 0, 0, 1], "float32"),
        "buy": np.array([0, 0, 0, 0], "float32"),
    }
    # Of two routes: all pairs in order, and half of them or none.
    right, wrong = [0, 3, 9, 2], [5, 6, 0, 1]
    logits = {
        "click": np.array([right, wrong], "float32"),
        "like": np.array([[2, 0, 1, 3], [0, 1, 2, 3]], "float32"),
        "buy": np.zeros((2, 4), "float32"),
    }
    rewards, is_defined = names["mostly_like"](tasks, labels, logits)
    assert np.asarray(is_defined).tolist() == [True, True, False]
    assert_near(np.asarray(rewards)[:2], [[1.0, 0.5], [2.0, 1.0]])


def test_a_search_learns_from_the_reward(names):
    exec(REWARD, names)
    search = toy_search.make_search(reward=names["mostly_like"])
    data = toy_search.make_data()
    logs = search.fit(data.search, epochs=1, verbose=0).history
    assert np.isfinite(logs["reward"]).all()
