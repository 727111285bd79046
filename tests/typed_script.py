"""A script as users write it, which mypy checks against the package."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd

import mtnas_tf as mt
from mtnas_tf.experiment.sharing_board import SharingBoard


def train(path: Path) -> dict[str, dict[str, float]]:
    """Trains MMoE on a table, and returns its exact metrics by task."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "user": rng.choice(list("abc"), 400),
            "click": rng.integers(0, 2, 400),
            "like": rng.integers(0, 2, 400),
        }
    )
    data = mt.data.from_dataframe(frame, ["click", "like"], batch_size=64)
    model = mt.models.MMoE(data.schema, num_experts=3, hidden_units=(8,))
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    board = SharingBoard(path / "logs", data.valid, steps=1)
    model.fit(data.train, validation_data=data.valid, callbacks=[board])
    return model.evaluate_by_task(data.test)


def search(schema: mt.data.DatasetSchema) -> str:
    """Draws a route of a space, and says what it is."""
    space = mt.routes.RouteSpace(schema.task_names, 1, 2)
    route = space.random_route(np.random.default_rng(0))
    mt.plots.draw_route(route, "route.svg")
    return str(route)


def wrong(schema: mt.data.DatasetSchema) -> None:
    """Mistakes that mypy must see: it says so if one passes."""
    mt.models.MMoE(schema, num_experts="3")  # type: ignore[arg-type]
    mt.models.MMoE(schema).compile(loss_weights=2.0)  # type: ignore[arg-type]
    mt.plots.draw_route("route", "route.svg")  # type: ignore[arg-type]
    mt.routes.RouteSpace(schema.task_names, layers=2)  # type: ignore[call-arg]
