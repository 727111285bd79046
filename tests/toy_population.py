"""Populations of small networks."""

import keras
import numpy as np
import toy_data

from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace

SCHEMA = toy_data.SCHEMA
TASKS = SCHEMA.task_names
CANDIDATES, UNITS, DIM = 3, 5, 4
ROOT_UNITS = 3 * DIM + 2
STARTS = keras.initializers.RandomNormal(stddev=0.1)
SCOPES = {"value_scope": "all_prev", "query_scope": "all_prev"}
# Some gates ask the root, others a sub-network.
ROUTE = Route(
    2,
    3,
    {
        "s4": BlockRoute(("s1", "s3"), "s2"),
        "s5": BlockRoute(("s2", "s3"), "root"),
        "s6": BlockRoute(("s1",)),
        "click": BlockRoute(("s4", "s5", "s6"), "root"),
        "stars": BlockRoute(("s4", "s5"), "s6"),
    },
)


def make_space(**kwargs):
    sizes = {"num_layers": 2, "num_subnetworks": 3}
    return RouteSpace(TASKS, **(sizes | kwargs))


def make(space=None, num_candidates=CANDIDATES, schema=SCHEMA, **kwargs):
    space = space or make_space()
    sizes = {"embedding_dim": DIM, "table_initializer": STARTS}
    if space.subnetwork_units is None:
        sizes["units"] = UNITS
    return RoutePopulation(schema, space, num_candidates, **(sizes | kwargs))


def randomize(population, seed=0):
    """Gives all candidates weights that no start has, of any kind."""
    rng = np.random.default_rng(seed)
    weights = population.weights_by_candidate()
    population.assign_by_candidate(
        [rng.uniform(0.05, 0.6, weight.shape) for weight in weights]
    )
