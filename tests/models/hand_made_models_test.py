"""Hand-made models are the networks of hand-made routes."""

import checks
import pytest
import toy_data

from mtnas_tf.models import CGC
from mtnas_tf.models import MLMMoE
from mtnas_tf.models import MMoE
from mtnas_tf.models import SharedBottom
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.routes import RouteSpace

SCHEMA = toy_data.SCHEMA
INPUTS = toy_data.make_split(7).inputs
SHAPE = {"embedding_dim": 4, "normalization": "layer"}
GATED = {"root_query": "stem", "gate_normalization": "batch"}
WIDTH = {"hidden_units": (5,)}


def space(num_layers, num_subnetworks):
    return RouteSpace(SCHEMA.task_names, num_layers, num_subnetworks)


CASES = {
    "full": (
        lambda **kw: MLMMoE(SCHEMA, 2, 3, **WIDTH, **GATED, **kw),
        space(2, 3).hand_made.full(),
    ),
    "one layer": (
        lambda **kw: MMoE(SCHEMA, 3, **WIDTH, **GATED, **kw),
        space(2, 3).hand_made.one_layer(),
    ),
    "cgc": (
        lambda **kw: CGC(SCHEMA, 2, 3, **WIDTH, **GATED, **kw),
        space(1, 7).hand_made.ple(2),
    ),
    "one sub-network": (
        lambda **kw: SharedBottom(SCHEMA, hidden_units=(5, 5), **kw),
        space(2, 1).hand_made.full(),
    ),
}


@pytest.mark.parametrize("stem_units", [None, 6])
@pytest.mark.parametrize("name", CASES)
def test_a_route_s_network_is_the_model(name, stem_units):
    make, route = CASES[name]
    model = make(stem_units=stem_units, **SHAPE)
    checks.randomize(model, scale=0.3)
    network = SparseRouteModel(
        SCHEMA, route, units=5, stem_units=stem_units, **GATED, **SHAPE
    )
    # Both list their weights in the same order.
    network.set_weights(model.get_weights())
    checks.assert_close(
        checks.to_numpy(network(INPUTS)), checks.to_numpy(model(INPUTS))
    )


@pytest.mark.parametrize("name", ["full", "cgc", "one sub-network"])
def test_a_body_knows_its_route(name):
    make, route = CASES[name]
    assert make(**SHAPE).body.route == route
