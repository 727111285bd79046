import math

import numpy as np
import pytest
import toy_data

from mtnas_tf.models import SparseRouteModel
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes import multiply_adds

UNITS, DIM = 5, 4
ROOT_UNITS = 3 * DIM + 2
SCOPES = {"value_scope": "all_prev", "query_scope": "all_prev"}


def counted(model):
    """Products with the weights of a network, and its mixes.

    A gate that looks at the mean of several root features is applied to each.
    """
    kernels = [w.shape for w in model.weights if w.name.endswith("kernel")]
    for consumer, gate in model.body.gates.items():
        if model.route.blocks[consumer].query == "root":
            num_roots = len(model.route.roots_of(consumer))
            kernels += [gate.kernel.shape] * (num_roots - 1)
    consumers = {*model.route.reached(), *model.route.tasks}
    mixed = [
        len(block.combination) * model.body.widths.read_by(consumer)
        for consumer, block in model.route.blocks.items()
        if consumer in consumers and len(block.combination) > 1
    ]
    return sum(map(math.prod, kernels)) + sum(mixed)


@pytest.mark.parametrize(
    ("stem_units", "root_query"),
    [(None, "features"), (6, "features"), (6, "stem"), (None, "stem")],
)
@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("num_tables", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_all_products_of_the_pruned_network(
    seed, num_tables, gated, stem_units, root_query
):
    schema = [toy_data.SCHEMA, toy_data.CLASS_SCHEMA][seed % 2]
    scopes = {"gated": gated, "num_tables": num_tables, **SCOPES}
    space = RouteSpace(schema.task_names, 2, 3, **scopes)
    route = space.random_route(np.random.default_rng(seed))
    units = (UNITS, 2, 4) if seed == 2 else UNITS
    model = SparseRouteModel(
        schema,
        route,
        units=units,
        aggregation="gate" if gated else "mean",
        root_query=root_query,
        embedding_dim=DIM,
        stem_units=stem_units,
    )
    received = multiply_adds(
        route,
        ROOT_UNITS,
        units,
        stem_units,
        root_query,
        gated,
        schema.num_outputs,
    )
    assert received == counted(model)


def test_by_hand():
    route = Route(
        2,
        2,
        {
            "s3": BlockRoute(("s1", "s2"), "s1"),  # reached by nobody
            "s4": BlockRoute(("s1",)),
            "click": BlockRoute(("s1", "s4"), "root"),
        },
    )
    layers = 7 * 3 + 3 * 3  # s1, s4
    gate, mix, tower = 2 * 7, 2 * 3, 3
    expected = layers + gate + mix + tower
    assert multiply_adds(route, root_units=7, units=3) == expected
    received = multiply_adds(route, root_units=7, units=3, gated=False)
    assert received == expected - gate
