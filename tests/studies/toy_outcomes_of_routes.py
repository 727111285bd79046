"""Trainings of routes of two sub-networks, told by their losses."""

from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.outcome import Outcome

TASKS = ("task_0", "task_1")
SPACE = RouteSpace(TASKS, 1, 2, query_scope="root", dedup_singletons=True)
FIRST, SECOND, BOTH = ("s1",), ("s2",), ("s1", "s2")


def one_layer(*read):
    """A route of two sub-networks, by what each task reads."""
    blocks = {
        f"task_{index}": BlockRoute(names, "root")
        for index, names in enumerate(read)
    }
    return Route(1, 2, blocks)


def outcome(route, valid, test):
    """Of as many regressions as the route has tasks; losses of them all."""
    metrics = (
        {task: {"mse": loss / len(route.tasks)} for task in route.tasks}
        for loss in (valid, test)
    )
    return Outcome(0, route, 3, 1.0, *metrics)


def scripted(loss):
    """In place of `train_routes`: `loss(route, start)`, 1 more on test."""

    def train_routes(trainer, data, routes, starts):
        return [
            [
                outcome(route, loss(route, start), loss(route, start) + 1)
                for start in starts
            ]
            for route in routes
        ]

    return train_routes
