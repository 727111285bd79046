import checks
import numpy as np
import pytest
import tensorflow as tf
import toy_data
from network_reference import supernet_outputs
from tolerances import assert_near
from tolerances import is_reached

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.models import MTNAS
from mtnas_tf.models import MLMMoE
from mtnas_tf.models import SharedBottom
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route

INPUTS = toy_data.make_split(7).inputs
SIZES = {
    "num_subnetworks": 3,
    "units": 5,
    "embedding_dim": 4,
    "normalization": None,
}


def make(seed=0, schema=toy_data.SCHEMA, **kwargs):
    model = MTNAS(schema, **(SIZES | kwargs))
    checks.randomize(model, seed, scale=0.3)
    return model


def random_choices(model, num_routes, seed=0):
    rng = np.random.default_rng(seed)
    sizes = [len(block.routes) for block in model.space.blocks]
    return rng.integers(0, sizes, (num_routes, len(sizes))).astype("int32")


def pin(model, choices):
    """Makes the given local routes the most probable ones."""
    logits = np.zeros(model.policy.logits.shape)
    logits[np.arange(len(choices)), choices] = 5.0
    model.policy.logits.assign(logits)


def activated(model, logits):
    one_route = {name: z[None] for name, z in logits.items()}
    return checks.to_numpy(model.activate(one_route))


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"stem_units": 6},
        {"stem_units": 6, "root_query": "stem"},
        {"query_scope": "all_prev", "num_layers": 3},
        {"query_scope": "root"},
        {"value_scope": "all_prev", "query_scope": "all_prev"},
        {"value_scope": "all_prev", "num_layers": 3},
        {"aggregation": "mean"},
        {"dedup_singletons": True},
        {"num_layers": 1},
        {"schema": toy_data.CLASS_SCHEMA},
        {"schema": toy_data.CLASS_SCHEMA, "aggregation": "mean"},
    ],
)
def test_any_route_is_its_network(kwargs):
    model = make(**kwargs)
    choices = random_choices(model, 4)
    logits = model.route_logits(INPUTS, choices)
    for index, row in enumerate(choices):
        outputs = activated(model, {k: z[index] for k, z in logits.items()})
        expected = supernet_outputs(model, row, INPUTS)
        checks.assert_close(outputs, expected)


def test_every_query_of_a_block_is_its_network():
    model = make(num_layers=1, num_subnetworks=2)
    num_local = len(model.space.blocks[0].routes)
    choices = np.stack([np.arange(num_local)] * 2, axis=1).astype("int32")
    logits = model.route_logits(INPUTS, choices)
    for index, row in enumerate(choices):
        outputs = activated(model, {k: z[index] for k, z in logits.items()})
        expected = supernet_outputs(model, row, INPUTS)
        checks.assert_close(outputs, expected)


@pytest.mark.parametrize("normalization", ["batch", "layer"])
@pytest.mark.parametrize("use_batch_statistics", [False, True])
def test_routes_side_by_side_are_routes_alone(
    normalization, use_batch_statistics
):
    model = make(normalization=normalization, stem_units=6)
    choices = random_choices(model, 5)
    modes = {"use_batch_statistics": use_batch_statistics}
    together = model.route_logits(INPUTS, choices, **modes)
    for index in range(5):
        alone = model.route_logits(INPUTS, choices[[index]], **modes)
        for task, logits in together.items():
            assert_near(logits[index], alone[task][0])


@pytest.mark.parametrize(
    "kwargs",
    [
        {"normalization": "layer"},
        {"stem_units": 6, "root_query": "stem"},
        {"query_scope": "all_prev", "num_layers": 3},
        {"value_scope": "all_prev", "query_scope": "root"},
        {"aggregation": "mean"},
        {"dedup_singletons": True},
        {"schema": toy_data.CLASS_SCHEMA},
    ],
)
def test_a_mixture_of_one_route_is_the_route(kwargs):
    model = make(**kwargs)
    choices = random_choices(model, 4)
    expected = model.route_logits(INPUTS, choices)
    mixed = model.root_mixture_logits(
        model.encoder(INPUTS), model.policy.one_hot(choices)
    )
    checks.assert_close(checks.to_numpy(mixed), checks.to_numpy(expected))


def test_a_mixture_of_a_layer_is_that_of_its_routes_outputs():
    model = make(num_layers=1, num_subnetworks=2)
    num_local = len(model.space.blocks[0].routes)
    choices = np.stack([np.arange(num_local)] * 2, axis=1)
    routes = model.route_logits(INPUTS, choices)
    probs = np.random.default_rng(0).dirichlet(np.ones(num_local), 2)
    mixed = model.root_mixture_logits(model.encoder(INPUTS), probs[None])
    for block, task in enumerate(model.space.tasks):
        expected = probs[block] @ routes[task].numpy()
        assert_near(mixed[task][0], expected)


def test_a_mixture_in_training_moves_the_averages():
    model = make(normalization="batch")
    root, probs = model.encoder(INPUTS), model.policy.probs()[None]
    mean = model.body.banks[1].norm.moving_mean
    before = mean.numpy()
    model.root_mixture_logits(root, probs, use_batch_statistics=True)
    np.testing.assert_array_equal(mean, before)
    model.root_mixture_logits(root, probs, training=True)
    assert (mean.numpy() != before).all()


def test_called_it_takes_the_most_probable_route():
    model = make()
    choices = random_choices(model, 1)[0]
    pin(model, choices)
    expected = supernet_outputs(model, choices, INPUTS)
    checks.assert_close(checks.to_numpy(model(INPUTS)), expected)


def test_in_training_it_draws_a_route():
    model = make(seed=0)
    policy = RoutePolicy(model.policy.num_choices, seed=model.body.seed)
    for _ in range(3):
        choices = policy.sample(1).numpy()[0]
        outputs = checks.to_numpy(model(INPUTS, training=True))
        expected = supernet_outputs(model, choices, INPUTS)
        checks.assert_close(outputs, expected)


def test_gates_of_other_routes_get_no_gradient():
    model = make()
    choices = random_choices(model, 1, seed=1)
    with tf.GradientTape() as tape:
        logits = model.route_logits(INPUTS, choices, training=True)
        total = sum(tf.reduce_sum(z) for z in logits.values())
    kernels = [bank.sub_network_kernel for bank in model.body.block_banks]
    kernels += [bank.root_kernel for bank in model.body.block_banks]
    gradients = tape.gradient(total, kernels, unconnected_gradients="zero")
    gradients = [np.asarray(gradient) for gradient in gradients]
    scale = max(np.abs(gradient).max() for gradient in gradients)
    touched = [int(is_reached(g, (1, 2), scale).sum()) for g in gradients]
    route = model.space.route(choices[0])
    read = [*route.reached(), *route.tasks]
    gated = [
        name
        for name, block in route.blocks.items()
        if name in read and len(block.combination) > 1
    ]
    assert sum(touched) == len(gated) > 0


def copy_common(source, target, gates=(), rows=slice(None)):
    """Copies what a supernet and another model have in common, by hand."""
    target.encoder.table.assign(source.encoder.table)
    target.body.stem.set_weights(source.body.stem.get_weights())
    pairs = zip(source.body.banks, hidden_layers(target.body), strict=True)
    for ours, theirs in pairs:
        theirs.set_weights([w[rows] for w in ours.get_weights()])
    target.towers.set_weights(source.towers.get_weights())
    for consumer, kernel in gates:
        target.body.gates[consumer].kernel.assign(kernel.T)


def hidden_layers(body):
    """The banks of a hand-made body, in order."""
    if hasattr(body, "bottom"):
        return body.bottom.banks
    return [bank for experts in body.experts for bank in experts.banks]


@pytest.mark.parametrize("stem_units", [None, 6])
def test_full_route_with_root_queries_is_ml_mmoe(stem_units):
    supernet = make(stem_units=stem_units)
    choices = supernet.space.choices(supernet.space.full_route())
    pin(supernet, choices)
    ml_mmoe = MLMMoE(
        toy_data.SCHEMA,
        num_layers=2,
        num_experts=3,
        stem_units=stem_units,
        gate_normalization=None,
        hidden_units=(5,),
        embedding_dim=4,
        normalization=None,
    )
    gates = [
        (block.consumer, supernet.body.gate(block.consumer, choice))
        for block, choice in zip(supernet.space.blocks, choices, strict=True)
    ]
    copy_common(supernet, ml_mmoe, gates)
    checks.assert_close(
        checks.to_numpy(supernet(INPUTS)),
        checks.to_numpy(ml_mmoe(INPUTS)),
    )


def test_all_consumers_on_one_sub_network_is_shared_bottom():
    supernet = make()
    space = supernet.space
    first = {b.consumer: BlockRoute(b.values[:1]) for b in space.blocks}
    route = Route(2, 3, first)
    pin(supernet, space.choices(route))
    shared = SharedBottom(
        toy_data.SCHEMA,
        hidden_units=(5, 5),
        embedding_dim=4,
        normalization=None,
    )
    copy_common(supernet, shared, rows=slice(1))
    checks.assert_close(
        checks.to_numpy(supernet(INPUTS)),
        checks.to_numpy(shared(INPUTS)),
    )


def test_moving_averages_move_in_training_alone():
    model = make(normalization="batch")
    mean = model.body.banks[0].norm.moving_mean
    before = mean.numpy()
    choices = random_choices(model, 2)
    model.route_logits(INPUTS, choices)
    model.route_logits(INPUTS, choices, use_batch_statistics=True)
    np.testing.assert_array_equal(mean, before)
    model.route_logits(INPUTS, choices, training=True)
    assert (mean.numpy() != before).all()


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"root_query": "s1"}, "`root_query` must be.*root_query='s1'"),
        ({"query_scope": "next"}, "`query_scope` must.*query_scope='next'"),
        ({"aggregation": "max"}, "`aggregation` must.*aggregation='max'"),
        ({"num_layers": 0}, "`num_layers`.*num_layers=0"),
        (
            {"num_subnetworks": 16},
            "at most 16,384 local routes.*1,114,095 local routes",
        ),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(**kwargs)
