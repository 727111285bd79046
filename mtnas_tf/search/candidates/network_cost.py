"""The cost of serving a route's network."""

from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import Route
from mtnas_tf.routes import multiply_adds


def network_cost(population: RoutePopulation, route: Route) -> int:
    """Multiply-adds of a row, without the embeddings.

    Args:
        population: `RoutePopulation` that trains the network.
        route: `Route` of its space.
    """
    body = population.body
    return multiply_adds(
        route,
        population.encoder.units,
        body.widths,
        body.stem_units,
        body.root_query,
        gated=population.space.gated,
        num_outputs=population.schema.num_outputs,
    )
