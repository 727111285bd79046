import checks
import keras
import numpy as np
import pytest
import toy_data
from network_reference import sparse_route_outputs
from tolerances import assert_near

from mtnas_tf.models import SparseRouteModel
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace

INPUTS = toy_data.make_split(7).inputs
SPACES = {
    num_tables: RouteSpace(
        ("click", "stars"),
        2,
        3,
        query_scope="all_prev",
        num_tables=num_tables,
        has_linear=num_tables > 1,
    )
    for num_tables in (1, 3)
}


def block(*combination, query="root"):
    return BlockRoute(combination, query)


# s2 is read by nobody but asked by s4; s1 and s5 do not exist.
ROUTE = Route(
    2,
    3,
    {
        "s4": block("s1", "s3", query="s2"),
        "s5": block("s1", "s2"),
        "s6": block("s3"),
        "click": block("s4", "s6", query="s3"),
        "stars": block("s6"),
    },
)


def make(route, seed=0, schema=toy_data.SCHEMA, **kwargs):
    model = SparseRouteModel(
        schema,
        route,
        **({"units": 5, "embedding_dim": 4, "normalization": None} | kwargs),
    )
    checks.randomize(model, seed, scale=0.3)
    return model


@pytest.mark.parametrize("aggregation", ["gate", "mean"])
@pytest.mark.parametrize(
    ("root_query", "stem_units"),
    [("features", None), ("features", 6), ("stem", 6)],
)
@pytest.mark.parametrize(
    ("seed", "num_tables"), [(0, 1), (1, 1), (2, 1), (3, 3), (4, 3)]
)
def test_random_route(seed, num_tables, root_query, stem_units, aggregation):
    rng = np.random.default_rng(seed)
    route = SPACES[num_tables].random_route(rng)
    model = make(
        route,
        aggregation=aggregation,
        root_query=root_query,
        stem_units=stem_units,
    )
    expected = sparse_route_outputs(model, INPUTS)
    checks.assert_close(checks.to_numpy(model(INPUTS)), expected)


@pytest.mark.parametrize("aggregation", ["gate", "mean"])
def test_a_tower_has_a_unit_for_each_class(aggregation):
    model = make(ROUTE, schema=toy_data.CLASS_SCHEMA, aggregation=aggregation)
    shapes = {
        name: t.kernel.shape for name, t in model.towers.output_layers.items()
    }
    assert shapes == {"click": (5, 4), "stars": (5, 1)}
    outputs = checks.to_numpy(model(INPUTS))
    assert_near(outputs["click"].sum(axis=1), 1)
    expected = sparse_route_outputs(model, INPUTS)
    checks.assert_close(outputs, expected)


def test_only_what_the_route_reaches_exists():
    model = make(ROUTE)
    assert model.body.active == [["s1", "s2", "s3"], ["s4", "s6"]]
    assert {name: g.kernel.shape for name, g in model.body.gates.items()} == {
        "s4": (5, 2),
        "click": (5, 2),
    }
    shapes = [bank.kernel.shape for bank in model.body.banks]
    assert shapes == [(3, 14, 5), (2, 5, 5)]
    expected = sparse_route_outputs(model, INPUTS)
    checks.assert_close(checks.to_numpy(model(INPUTS)), expected)


@pytest.mark.parametrize(
    "normalization",
    [
        "batch",
        *(
            pytest.param(kind, marks=pytest.mark.slow)
            for kind in (None, "layer")
        ),
    ],
)
def test_contract(normalization, tmp_path):
    split = toy_data.make_split(7)
    checks.check_model(
        lambda: make(ROUTE, normalization=normalization, name="sparse"),
        split.inputs,
        split.labels,
        path=tmp_path,
    )


def test_a_network_has_the_tables_that_its_tasks_read():
    route = ROUTE.with_roots({"s3": "root2"})
    model = make(route)
    shapes = [table.shape for table in model.tables]
    assert shapes == [(toy_data.SCHEMA.num_buckets, 4)] * 2
    others = dict.fromkeys(("s1", "s2", "s3"), "root2")
    assert len(make(ROUTE.with_roots(others)).tables) == 1
    with pytest.raises(ValueError, match="`roots` must be a dict of 'root',"):
        model.body(np.ones((2, 14)))


def test_contract_of_unequal_sub_networks(tmp_path):
    split = toy_data.make_split(7)
    route = ROUTE.with_roots({"s3": "root2"}).with_linear(["s2", "s3"])
    checks.check_model(
        lambda: make(route, stem_units=6, name="sparse"),
        split.inputs,
        split.labels,
        path=tmp_path,
    )


def test_has_no_search_variables():
    model = make(ROUTE, gate_normalization=None)
    assert len(model.non_trainable_variables) == 0
    assert isinstance(model, keras.Model)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"route": Route(1, 1, {"click": block("s1")})},
            "`route` must have the schema's tasks.*'click',",
        ),
        ({"root_query": "s1"}, "`root_query` must be.*root_query='s1'"),
        (
            {
                "route": Route(
                    1,
                    2,
                    {
                        "click": block("s1", "s2", query=None),
                        "stars": block("s1"),
                    },
                )
            },
            r"`route` must name a query.*click <- s1\+s2",
        ),
    ],
)
def test_wrong_argument_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        SparseRouteModel(toy_data.SCHEMA, **({"route": ROUTE} | change))
