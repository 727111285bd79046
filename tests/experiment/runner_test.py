import json

import keras
import numpy as np
import pytest
from checks import assert_same_weights
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from tolerances import assert_near
from tolerances import near
from toy_data import BINARY_SCHEMA
from toy_data import SCHEMA

from mtnas_tf.balancing import GradNorm
from mtnas_tf.config import with_section
from mtnas_tf.data import StreamedData
from mtnas_tf.data import streamed_data
from mtnas_tf.derive import derive_route
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.best_epoch import BestEpoch
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.models import MODELS
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.supernet.estimators import ESTIMATORS
from mtnas_tf.search.supernet.estimators import Reinforce

pytestmark = [
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
    pytest.mark.usefixtures("eagerly"),
]


class Record(keras.callbacks.Callback):
    """Keeps the validation loss and the weights of every epoch."""

    def __init__(self):
        super().__init__()
        self.losses = []
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(logs["val_loss"])
        self.weights.append(self.model.get_weights())


@pytest.fixture(scope="module")
def data():
    return load_data(CONFIG)


@pytest.fixture(scope="module")
def searched(data, eagerly, tmp_path_factory):
    """A search of one epoch of warm-up and one after it, and its log."""
    path = tmp_path_factory.mktemp("search") / "routes.jsonl"
    training = runner.search(CONFIG, data, monitor_path=path, verbose=0)
    return training, path


@pytest.fixture(scope="module")
def trained(data, eagerly):
    """An MMoE of the config."""
    model = building.build_model("mmoe", CONFIG, BINARY_SCHEMA)
    return runner.train(model, CONFIG, data, verbose=0)


def assert_equal_weights(model, weights):
    for variable, value in zip(model.weights, weights, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


@pytest.mark.parametrize("name", MODELS)
def test_models_have_the_shape_of_the_config(name):
    model = building.build_model(name, CONFIG, SCHEMA)
    assert type(model) is MODELS[name]
    config = model.body.get_config()
    if name in ("mtnas", "auto_mtl"):
        assert config["units"] == CONFIG.model.units
    else:
        assert config["hidden_units"] == [CONFIG.model.units]
    for key in ("stem_units", "normalization"):
        assert config[key] == getattr(CONFIG.base, key)
    encoders = [
        part
        for part in model.encoder._flatten_layers()
        if isinstance(part, FeatureEncoder)
    ]
    assert {e.embedding_dim for e in encoders} == {CONFIG.base.embedding_dim}
    assert {e.table_initializer.stddev for e in encoders} == {0.1}
    if "num_experts" in config:
        assert config["num_experts"] == CONFIG.model.num_subnetworks
    if name in ("cgc", "ple"):  # more than the config's 2, for one is shared
        assert config["num_task_experts"] == 1
        assert config["num_shared_experts"] == 1
    if name == "mtnas":
        assert config["num_subnetworks"] == CONFIG.model.num_subnetworks
        assert config["query_scope"] == CONFIG.model.query_scope
    if "num_layers" in config:
        assert config["num_layers"] == CONFIG.model.num_layers


@pytest.mark.parametrize("name", ["single_task", "shared_bottom"])
def test_a_network_without_experts_is_as_deep_as_one_that_has_them(name):
    config = with_section(CONFIG, "model", num_layers=3)
    model = building.build_model(name, config, BINARY_SCHEMA, units=7)
    assert model.body.get_config()["hidden_units"] == [7, 7, 7]


def test_seed_of_the_config_initializes_the_model():
    first, again = (
        building.build_model("mmoe", CONFIG, BINARY_SCHEMA) for _ in range(2)
    )
    assert_same_weights(first, again)
    other = building.build_model(
        "shared_bottom", CONFIG, BINARY_SCHEMA, units=9
    )
    # Paired: tables of one seed are equal whatever stands on them.
    assert_same_weights(first.encoder, other.encoder)
    route = RouteSpace(BINARY_SCHEMA.task_names, 1, 2).full_route()
    routed = building.new_route_model(route, CONFIG, BINARY_SCHEMA)
    assert_same_weights(first.encoder, routed.encoder)


def test_unknown_model():
    with pytest.raises(ValueError, match="`model` must be one of.*'nothing'"):
        building.build_model("nothing", CONFIG, BINARY_SCHEMA)


@pytest.mark.parametrize(
    "patience", [2, pytest.param(20, marks=pytest.mark.slow)]
)
def test_training_keeps_the_best_epoch(data, patience):
    # So large a rate that the loss goes up again.
    config = with_section(
        CONFIG, "optim", learning_rate=0.1, epochs=6, patience=patience
    )
    record = Record()
    model = building.build_model("mmoe", config, BINARY_SCHEMA)
    training = runner.train(model, config, data, [record], verbose=0)
    best = int(np.argmin(record.losses))
    assert best < len(record.losses) - 1
    assert training.epochs == len(record.losses) == min(best + 1 + patience, 6)
    assert_equal_weights(training.model, record.weights[best])
    loss = mtl_loss(BINARY_SCHEMA.tasks, training.valid)
    assert loss == record.losses[best]
    assert training.model.evaluate_by_task(data.valid) == training.valid
    assert 0 < training.step_seconds < training.seconds


def streamed(data, **kwargs):
    """The same rows, streamed."""
    return StreamedData(
        data.schema,
        **data.splits,
        batch_size=data.batch_size,
        reward_batch_size=data.reward_batch_size,
        seed=data.seed,
        **kwargs,
    )


@pytest.mark.slow
def test_training_balances_tasks_as_the_config_says(data):
    config = with_section(CONFIG, "optim", balancing="gradnorm", epochs=1)
    model = building.build_model("mmoe", config, BINARY_SCHEMA)
    runner.train(model, config, data, verbose=0)
    assert isinstance(model.balancing, GradNorm)
    assert model.balancing.first_losses.numpy().all()
    runner.train(model, CONFIG, data, verbose=0)
    assert model.balancing is None


@pytest.mark.slow
def test_training_on_streamed_rows_is_that_in_memory(trained, data):
    model = building.build_model("mmoe", CONFIG, BINARY_SCHEMA)
    stream = runner.train(model, CONFIG, streamed(data), verbose=0)
    assert stream.valid == near(trained.valid)
    for ours, theirs in zip(
        stream.model.weights, trained.model.weights, strict=True
    ):
        assert_near(ours, theirs, scale=1.0)


@pytest.mark.slow
def test_search_on_streamed_rows_is_that_in_memory(searched, data):
    memory, _ = searched
    stream = runner.search(CONFIG, streamed(data), verbose=0)
    for task, metrics in memory.valid.items():
        assert stream.valid[task] == pytest.approx(metrics, abs=1e-4)
    np.testing.assert_allclose(
        stream.model.supernet.policy.logits,
        memory.model.supernet.policy.logits,
        atol=1e-4,
    )


def test_small_windows_train_as_well(trained, data, monkeypatch):
    monkeypatch.setattr(streamed_data, "BLOCK_ROWS", 16)
    model = building.build_model("mmoe", CONFIG, BINARY_SCHEMA)
    rows = streamed(data, shuffle_window=32)
    other = runner.train(model, CONFIG, rows, verbose=0)
    losses = [
        mtl_loss(BINARY_SCHEMA.tasks, training.valid)
        for training in (trained, other)
    ]
    assert losses[1] == pytest.approx(losses[0], abs=0.05)
    assert losses[0] != losses[1]


def test_search_follows_the_config(data, tmp_path):
    config = with_section(
        CONFIG,
        "search.supernet",
        epochs=1,
        warmup_epochs=0,
        reward="negative_loss",
        num_routes=3,
        route_learning_rate=0.3,
    )
    path = tmp_path / "routes.jsonl"
    training = runner.search(config, data, monitor_path=path, verbose=0)
    search = training.model
    assert search.reward == "negative_loss"
    assert isinstance(search.estimator, Reinforce)
    assert search.estimator.num_routes == 3
    assert float(search.route_optimizer.learning_rate) == pytest.approx(0.3)
    assert search.supernet.policy.seed == config.seed
    assert np.abs(search.supernet.policy.logits).max() > 0
    assert len(path.read_text().splitlines()) == training.epochs == 1


@pytest.mark.parametrize(("name", "make"), ESTIMATORS.items())
def test_options_that_are_not_set_are_the_estimators_own(name, make):
    config = with_section(CONFIG, "search", method=name)
    configured = building.new_estimator(config).get_config()
    assert configured == {**make().get_config(), "name": configured["name"]}


def test_an_option_that_the_estimator_lacks():
    config = with_section(CONFIG, "search", method="mixture")
    config = with_section(config, "search.supernet", num_routes=4)
    message = "Estimator 'mixture' takes.*weight_decay.*: .'num_routes'"
    with pytest.raises(ValueError, match=message):
        building.new_estimator(config)


def test_warmup_leaves_the_policy_alone(searched):
    training, path = searched
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    policy = training.model.supernet.policy
    uniform = np.log(policy.num_choices[0])
    assert lines[0]["entropy/click"] == near(uniform)
    assert np.abs(policy.logits).max() > 0


@pytest.mark.slow
def test_derived_weights(searched, data):
    search = searched[0].model
    config = with_section(CONFIG, "optim", epochs=1)
    route = derive_route(search)
    models = {}
    for weights in ("inherit", "finetune", "retrain"):
        training = runner.derive_model(search, config, data, weights, verbose=0)
        assert training.model.route == route
        assert training.epochs == (0 if weights == "inherit" else 1)
        assert training.valid == training.model.evaluate_by_task(data.valid)
        models[weights] = training.model
    supernet = search.supernet
    np.testing.assert_array_equal(
        models["inherit"].encoder.table.numpy(), supernet.encoder.table.numpy()
    )
    fresh = building.new_route_model(route, config, BINARY_SCHEMA)
    training = runner.train(fresh, config, data, verbose=0)
    for weight, same in zip(
        models["retrain"].weights, training.model.weights, strict=True
    ):
        assert_near(weight, same, scale=1.0)


def test_unknown_weights(searched, data):
    with pytest.raises(ValueError, match="`weights` must be.*'guess'"):
        runner.derive_model(searched[0].model, CONFIG, data, "guess")


def test_parameters_are_counted_apart():
    # Root: 3 embeddings of 3 and 2 values, 11 units.
    config = with_section(CONFIG, "base", normalization=None)
    single = building.build_model("single_task", config, BINARY_SCHEMA)
    shared = building.build_model("shared_bottom", config, BINARY_SCHEMA)
    hidden = 11 * 6 + 6
    tower = 6 + 1
    assert building.count_parameters(shared) == {
        "dense": hidden + 2 * tower,
        "embedding": 11 * 3,
    }
    assert building.count_parameters(single) == {
        "dense": 2 * (hidden + tower),
        "embedding": 2 * 11 * 3,
    }


@pytest.mark.parametrize("values", [{"holdout": 0.1}, {"reads_holdout": True}])
def test_a_table_has_no_hold_out(values):
    config = with_section(CONFIG, "table", path="my.csv", tasks=("click",))
    config = with_section(config, "data", **values)
    with pytest.raises(ValueError, match="`data.holdout` must be 0 for a tab"):
        runner.load_data(config)


def test_a_log_holds_a_line_an_epoch(capsys):
    data = load_data(CONFIG)
    model = building.build_model("shared_bottom", CONFIG, data.schema)
    runner.train(model, CONFIG, data)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("epoch 1/2, ") and "; buy auc " in first
    assert second.startswith("epoch 2/2, ")


def test_a_log_tells_the_epoch_whose_weights_are_kept(capsys):
    lines = []
    best = BestEpoch(1)
    best.best_epoch = 0
    runner._report_kept([keras.callbacks.History(), best], 1, lines.append)
    assert not lines
    runner._report_kept([best], 3, lines.append)
    assert lines == ["the weights of epoch 1 are kept"]


def test_images_are_no_rows():
    config = with_section(CONFIG, "data", name="omniglot_mtl/first_20")
    with pytest.raises(ValueError, match="`data.name` must name a data set of"):
        runner.load_data(config)
