import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data
from tolerances import assert_near
from tolerances import near
from tolerances import rounding
from toy_population import CANDIDATES
from toy_population import ROUTE
from toy_population import SCHEMA
from toy_population import SCOPES
from toy_population import TASKS
from toy_population import make
from toy_population import make_space
from toy_population import randomize

from mtnas_tf.metrics import ExpectedCalibrationError
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.population import RoutePopulation
from mtnas_tf.population import population as population_module
from mtnas_tf.population.candidate_weights import ROUTE_DATA

SPLIT = toy_data.make_split(7)
FIELDS = SCHEMA.fields
SCHEMAS = {
    key: toy_data.DatasetSchema(
        name="part", fields=fields, tasks=SCHEMA.tasks, num_buckets=11
    )
    for key, fields in (("values", FIELDS[1:2]), ("ids", FIELDS[2:]))
}
# Name -> arguments of the space, of the population.
CASES = {
    "default": ({}, {}),
    "stem": (
        SCOPES,
        {"normalization": "batch", "stem_units": 6, "dropout_rate": 0.2},
    ),
    "stem asked": (
        {"value_scope": "all_prev"},
        {"stem_units": 6, "root_query": "stem", "gate_normalization": None},
    ),
    "mean": ({"gated": False}, {"schema": SCHEMAS["ids"]}),
    "one layer": (
        {"num_layers": 1, "num_subnetworks": 4, "query_scope": "root"},
        {"normalization": None},
    ),
    "classes": ({}, {"schema": toy_data.CLASS_SCHEMA}),
    "one sub-network": ({"num_subnetworks": 1}, {"normalization": "batch"}),
    "tables": (SCOPES | {"num_tables": 3, "has_linear": True}, {}),
    "linear": ({"has_linear": True}, {"stem_units": 6}),
    "tables, stems": (
        {"num_tables": 2, "query_scope": "root", "has_linear": True},
        {"stem_units": 6, "root_query": "stem", "normalization": "batch"},
    ),
    "unequal": (SCOPES | {"subnetwork_units": (5, 2, 4)}, {"stem_units": 6}),
    "unequal, tables": (
        {"subnetwork_units": (2, 5, 5), "num_tables": 2, "has_linear": True},
        {"schema": toy_data.CLASS_SCHEMA, "normalization": "batch"},
    ),
    "three layers": (
        {"num_layers": 3} | SCOPES,
        {"schema": SCHEMAS["values"], "normalization": None},
    ),
}


def make_case(name):
    """A population of random routes, two of them of one seed."""
    space_kwargs, kwargs = CASES[name]
    population = make(make_space(**space_kwargs), **kwargs)
    rng = np.random.default_rng(len(name))
    routes = [population.space.random_route(rng) for _ in range(CANDIDATES)]
    population.initialize(routes, [1, 1, 2])
    return population


def split_for(schema, num_rows=7):
    """Rows of a schema that has a part of the fields."""
    split = toy_data.make_split(num_rows, schema)
    width = {"values": 2, "ids": 2}
    inputs = {
        key: split.inputs[key][:, : width[key]]
        for key, part in SCHEMAS.items()
        if schema is part
    }
    return toy_data.Split(inputs or split.inputs, split.labels)


def compile_eagerly(model):
    # An epsilon that does not blow up the rounding of tiny gradients.
    optimizer = SparseAdam(1e-2, epsilon=1e-2)
    model.compile(
        optimizer,
        loss_weights={"click": 3.0},
        run_eagerly=True,
        jit_compile=False,
    )


def fit(model, split, **kwargs):
    model.fit(
        split.inputs,
        split.labels,
        batch_size=4,
        shuffle=False,
        verbose=0,
        **kwargs,
    )


def assert_same_networks(first, second, tolerance=None):
    """Compares weights, none of them large, up to a network's rounding."""
    tolerance = rounding() if tolerance is None else tolerance
    pairs = zip(first.weights, second.weights, strict=True)
    for ours, its in pairs:
        np.testing.assert_allclose(
            ours, its, rtol=tolerance, atol=tolerance, err_msg=f"{ours.path}"
        )


@pytest.mark.filterwarnings("ignore:[^.]*softmax over axis -1")
@pytest.mark.parametrize("name", CASES)
def test_a_network_predicts_as_its_column(name):
    population = make_case(name)
    randomize(population)
    inputs = split_for(population.schema).inputs
    together = checks.to_numpy(population(inputs))
    for i, route in enumerate(population.routes):
        network = population.network(i)
        assert isinstance(network, SparseRouteModel)
        assert network.route == route
        alone = checks.to_numpy(network(inputs))
        column = {
            task: p[:, i].reshape(alone[task].shape)
            for task, p in together.items()
        }
        checks.assert_close(column, alone)


@pytest.mark.parametrize(
    "name",
    [
        "stem asked",
        "mean",
        "one sub-network",
        "classes",
        pytest.param("three layers", marks=pytest.mark.slow),
        pytest.param("tables, stems", marks=pytest.mark.slow),
        pytest.param("unequal", marks=pytest.mark.slow),
    ],
)
def test_side_by_side_is_as_alone(name):
    population = make_case(name)
    network = population.network(1)
    split = split_for(population.schema, 10)
    split.labels["stars"][2:5] = np.nan
    for model in (population, network):
        compile_eagerly(model)
        fit(model, split)
    each = population.evaluate_each([(split.inputs, split.labels)])
    assert_same_networks(population.network(1), network)
    results = network.evaluate_by_task([(split.inputs, split.labels)])
    assert each[1] == near(results)


@pytest.mark.parametrize(
    ("name", "decay"),
    [
        ("one layer", 1e-2),
        pytest.param("default", 5e-4, marks=pytest.mark.slow),
    ],
)
def test_decay_is_as_alone(name, decay):
    population = make_case(name)
    network = population.network(1)
    split = split_for(population.schema, 16)
    for model in (population, network):
        model.compile(
            SparseAdam(1e-2, weight_decay=decay),
            run_eagerly=True,
            jit_compile=False,
        )
        fit(model, split, epochs=2)
    # A thousandth of the 0.08 that a weight goes in 8 steps.
    assert_same_networks(population.network(1), network, 8e-5)


def test_each_reads_its_own_tables():
    population = make(make_space(num_layers=1, num_tables=2))
    full = population.space.full_route()
    routes = [full, full.with_roots({"s2": "root2"}), full]
    population.initialize(routes, [0, 0, 1])
    before = checks.to_numpy(population(SPLIT.inputs))
    second = population.encoder.others[0].table
    second.assign(second + 1)
    after = checks.to_numpy(population(SPLIT.inputs))
    for task, values in before.items():
        has_changed = (values != after[task]).any(axis=0)
        assert has_changed.tolist() == [False, True, False]
    tables = [len(population.network(i).tables) for i in range(CANDIDATES)]
    assert tables == [1, 2, 1]


@pytest.fixture(scope="module")
def compiled():
    """A population whose steps are compiled once; tests start it afresh."""
    population = make(make_space(**SCOPES))
    population.compile(SparseAdam(1e-2), jit_compile=False)
    return population


@pytest.fixture(scope="module")
def data():
    return toy_data.make_data(SCHEMA)


def trained_weights(population, data, routes, seeds):
    population.initialize(routes, seeds)
    data.seek(0)
    population.fit(data.train, epochs=2, shuffle=False, verbose=0)
    return population.weights_by_candidate()


@pytest.mark.slow
def test_initialize_forgets_training(compiled, data, monkeypatch):
    rng = np.random.default_rng(0)
    routes, others = (
        [compiled.space.random_route(rng) for _ in range(CANDIDATES)]
        for _ in range(2)
    )
    first = trained_weights(compiled, data, routes, [5, 6, 7])
    monkeypatch.setattr(RoutePopulation, "compute_loss", None)  # no new graph
    trained_weights(compiled, data, others, [8, 9, 10])
    again = trained_weights(compiled, data, routes, [5, 6, 7])
    for ours, its in zip(first, again, strict=True):
        np.testing.assert_array_equal(ours, its)


def test_neighbours_do_not_matter(compiled, data):
    rng = np.random.default_rng(1)
    route, *others = [compiled.space.random_route(rng) for _ in range(5)]
    first = trained_weights(compiled, data, [route, *others[:2]], [4, 0, 1])
    second = trained_weights(compiled, data, [*others[2:], route], [2, 4, 4])
    for ours, its in zip(first, second, strict=True):
        assert_near(ours[0], its[2], scale=1.0)


def test_initialize_leaves_the_optimizer_s_settings():
    population = make(num_candidates=1, dtype="mixed_float16")
    population.compile(SparseAdam(0.25), jit_compile=False)
    population.optimizer.inner_optimizer.iterations.assign(3)
    scale = float(population.optimizer.dynamic_scale)
    population.initialize([population.space.full_route()], [0])
    assert float(population.optimizer.learning_rate) == 0.25
    assert int(population.optimizer.inner_optimizer.iterations) == 0
    assert float(population.optimizer.dynamic_scale) == scale > 0


@pytest.mark.parametrize("name", ["default", "classes"])
@pytest.mark.parametrize("weighed", [TASKS, TASKS[1:]])
def test_rows_are_weighed_as_alone(weighed, name):
    population = make_case(name)
    split = split_for(population.schema)
    network = population.network(1)
    rng = np.random.default_rng(0)
    weights = {task: rng.uniform(0, 2, (7, 1)) for task in weighed}
    for model in (population, network):
        compile_eagerly(model)
        model.train_on_batch(split.inputs, split.labels, sample_weight=weights)
    assert_same_networks(population.network(1), network)
    each = population.evaluate_each([(split.inputs, split.labels, weights)])
    batch = (split.inputs, split.labels, weights)
    assert each[1] == near(network.evaluate_by_task([batch]))


def test_metrics_of_all_rows_are_those_of_each():
    population = make_case("default")
    network = population.network(1)
    for model in (population, network):
        model.compile(
            metrics={"click": ExpectedCalibrationError(3)}, run_eagerly=True,
            jit_compile=False,
        )  # fmt: skip
    each = population.evaluate_each([(SPLIT.inputs, SPLIT.labels)])
    results = network.evaluate_by_task([(SPLIT.inputs, SPLIT.labels)])
    assert each[1] == near(results)
    mean = population.evaluate(SPLIT.inputs, SPLIT.labels, return_dict=True)
    assert mean["click_ece"] == pytest.approx(
        np.mean([metrics["click"]["ece"] for metrics in each])
    )


def test_evaluate_is_the_mean_over_candidates(compiled, data):
    rng = np.random.default_rng(2)
    routes = [compiled.space.random_route(rng) for _ in range(CANDIDATES)]
    compiled.initialize(routes, [0, 1, 2])
    randomize(compiled)
    each = compiled.evaluate_each(data.valid)
    for i, metrics in enumerate(each):
        network = compiled.network(i)
        compile_eagerly(network)
        assert metrics == near(network.evaluate_by_task(data.valid))
    means = compiled.evaluate(data.valid, return_dict=True)
    alone = [compiled.logs_of(metrics) for metrics in each]
    assert means == {
        name: pytest.approx(np.mean([logs[name] for logs in alone]))
        for name in alone[0]
    }
    assert len({logs["loss"] for logs in alone}) == CANDIDATES


def test_evaluation_does_not_depend_on_batches(monkeypatch):
    population = make_case("stem")
    compile_eagerly(population)
    randomize(population)
    expected = checks.to_numpy(population(SPLIT.inputs))
    sizes = []
    predict = population.predict_on_batch

    def predict_on_batch(inputs):
        sizes.append(len(inputs["ids"]))
        return predict(inputs)

    monkeypatch.setattr(population, "predict_on_batch", predict_on_batch)
    monkeypatch.setattr(population_module, "EVALUATION_BATCH_SIZE", 5)
    dataset = tf.data.Dataset.from_tensor_slices((SPLIT.inputs, SPLIT.labels))
    whole = population.evaluate_each(dataset.batch(7))
    assert sizes == [7]
    in_parts = population.evaluate_each(dataset.batch(3))
    assert sizes == [7, 5, 5, 5]  # filled up
    for ours, its in zip(whole, in_parts, strict=True):
        assert ours == near(its)
    _, predictions, _ = population.collect(dataset.batch(3))
    checks.assert_close(predictions, expected)
    first = population.evaluate_each(dataset.batch(5), steps=1)
    only = population.evaluate_each(dataset.take(5).batch(5))
    assert first == only


@pytest.fixture
def routes_stay(monkeypatch):
    """What the gates read is no weight to randomize."""
    randomize_all = checks.randomize

    def randomize_weights(model, **kwargs):
        data = [w for w in model.weights if w.name in ROUTE_DATA]
        values = [weight.numpy() for weight in data]
        randomize_all(model, **kwargs)
        for weight, value in zip(data, values, strict=True):
            weight.assign(value)

    monkeypatch.setattr(checks, "randomize", randomize_weights)


@pytest.mark.parametrize(
    ("stem_units", "num_tables"),
    [
        pytest.param(None, 1, marks=pytest.mark.slow),
        (6, 1),
        pytest.param(6, 2, marks=pytest.mark.slow),
    ],
)
def test_contract(stem_units, num_tables, routes_stay, tmp_path):
    route = ROUTE.with_roots({"s2": "root2"} if num_tables > 1 else {})

    def make_one():
        population = make(
            make_space(num_tables=num_tables, query_scope="all_prev"),
            num_candidates=1,
            stem_units=stem_units,
            normalization="batch",
        )
        population.initialize([route], [0])
        return population

    checks.check_model(make_one, SPLIT.inputs, SPLIT.labels, path=tmp_path)


@pytest.mark.slow
def test_training_by_xla_and_in_low_precision(tmp_path):
    def make_some(**kwargs):
        population = make(make_space(num_layers=1), **kwargs)
        routes = [population.space.full_route()] * CANDIDATES
        population.initialize(routes, range(CANDIDATES))
        return population

    checks.check_training(make_some, SPLIT.inputs, SPLIT.labels, path=tmp_path)


def test_a_linear_sub_network_has_no_activation():
    population = make(make_space(num_layers=1, has_linear=True))
    full = population.space.full_route()
    routes = [full, full.with_linear(["s1", "s2", "s3"]), full]
    population.initialize(routes, [0, 0, 0])
    bank = population.network(1).body.banks[0]
    root = population.network(1).encoder(SPLIT.inputs)
    received = [
        np.asarray(bank(root, is_linear=is_linear))
        for is_linear in (None, [True] * 3)
    ]
    assert_near(received[0], np.maximum(received[1], 0))
    assert (received[1] < 0).any()
    columns = checks.to_numpy(population(SPLIT.inputs))["click"].T
    assert_near(columns[0], columns[2])
    assert (np.abs(columns[0] - columns[1]) > 1e-4).any()


@pytest.mark.parametrize("name", ["stem", "tables, stems", "unequal"])
def test_a_loaded_population_knows_its_routes(name, tmp_path):
    population = make_case(name)
    randomize(population)
    population.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.routes == population.routes
    assert loaded.space.blocks == population.space.blocks
    assert_same_networks(loaded, population, 0)
    assert_same_networks(loaded.network(1), population.network(1), 0)
    loaded.initialize(population.routes[::-1], [0, 1, 2])
    assert loaded.network(0).route == population.routes[2]
