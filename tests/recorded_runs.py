"""What models, a search, a population and an export gave, as plain numbers.

`tests/models/recorded.json` holds them as they were before models were made of
an encoder, a sharing body and towers; `tests/models/recorded_test.py` runs them
again.
"""

import functools
from collections import Counter

import keras
import numpy as np
import onnx
import pandas as pd
import real_rows

import mtnas_tf as mt
from export import export_model
from export.serving import Predictor
from mtnas_tf.models import MODELS
from mtnas_tf.models import MTNAS
from mtnas_tf.models import SharedBottom
from mtnas_tf.models import SingleTask
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import SearchModel

EPOCHS = 2
NUM_RATINGS = 2000
SHOWN = 4  # rows whose predictions are kept
UNITS = 8
WIDTHS = {"hidden_units": (UNITS,)}
SIZES = {
    "single_task": WIDTHS,
    "shared_bottom": {"hidden_units": (UNITS, UNITS)},
    "mmoe": {"num_experts": 3, **WIDTHS},
    "ml_mmoe": {"num_experts": 3, **WIDTHS},
    "cgc": {"num_shared_experts": 1, **WIDTHS},
    "ple": {"num_shared_experts": 1, **WIDTHS},
    "mtnas": {"num_subnetworks": 3, "units": UNITS},
}
ESTIMATORS = ("reinforce", "mixture")
PLACES = 3
EXPORTED = ("route", "single_task", "shared_bottom", "mmoe", "ml_mmoe", "cgc")


def synthetic_data(path):
    """Two unrelated regressions."""
    mt.data.prepare("synthetic_mtl/small", data_dir=path)
    return mt.data.load("synthetic_mtl/small", data_dir=path, batch_size=128)


def book_crossing_data():
    """The first ratings of Book-Crossing, hashed."""
    return mt.data.from_dataframe(
        pd.DataFrame(real_rows.book_crossing_rows(NUM_RATINGS)),
        schema=mt.data.pipeline.schema_of("book_crossing"),
        num_buckets=4096,
        batch_size=128,
        reward_batch_size=256,
    )


def base(**kwargs):
    """Arguments of the base net; it draws the table's seed."""
    table = keras.initializers.RandomNormal(stddev=0.05)
    return {"embedding_dim": 4, "table_initializer": table, **kwargs}


def new_model(name, schema):
    """A model of the zoo from the recorded seed."""
    keras.utils.set_random_seed(3)
    if name == "single_task":
        return _single_task(schema)
    return MODELS[name](schema, **SIZES[name], **base())


def _single_task(schema):
    """With the weights of networks that were made one after the other."""
    shape = {**WIDTHS, **base()}
    alone = {
        task: SharedBottom(schema.with_tasks([task]), **shape)
        for task in schema.task_names
    }
    model = SingleTask(schema, **shape)
    for task, network in alone.items():
        for ours, its in (
            (model.encoder.encoders[task], network.encoder),
            (model.body.bodies[task], network.body),
            (
                model.towers.output_layers[task],
                network.towers.output_layers[task],
            ),
        ):
            ours.set_weights(its.get_weights())
    return model


def optimizer():
    # An epsilon that does not blow up the rounding of tiny gradients.
    return SparseAdam(1e-2, weight_decay=1e-4, epsilon=1e-2)


def first_rows(data):
    """Inputs of the first test rows."""
    inputs = data.splits["test"].inputs
    return {name: np.asarray(x[:SHOWN]) for name, x in inputs.items()}


def plain(values):
    """Numbers of a dict, nested or not, `<outer>_<inner>` -> float or list."""
    found = {}
    for name, value in values.items():
        if isinstance(value, dict):
            inner = plain(value)
            found |= {f"{name}_{key}": x for key, x in inner.items()}
        else:
            found[name] = np.asarray(value, "float64").tolist()
    return found


def fitted(model, data, rows):
    """Losses, metrics and predictions of a trained model."""
    data.seek(0)
    fit = model.fit(rows, epochs=EPOCHS, shuffle=False, verbose=0)
    return {
        "history": plain(fit.history),
        "test": plain(model.evaluate(data.test, return_dict=True)),
        "predictions": plain(model.predict_on_batch(first_rows(data))),
    }


def model_run(name, data):
    """A model of the zoo, trained."""
    model = new_model(name, data.schema)
    model.compile(optimizer(), jit_compile=False)
    return fitted(model, data, data.train)


def search_run(estimator, data):
    """A search in a supernet, and the network that comes of it."""
    keras.utils.set_random_seed(4)
    supernet = MTNAS(
        data.schema,
        num_layers=2,
        num_subnetworks=3,
        units=UNITS,
        stem_units=6,
        seed=1,
        **base(),
    )
    search = SearchModel(supernet)
    search.compile(
        optimizer(),
        estimator=estimator,
        reward="negative_loss",
        jit_compile=False,
    )
    found = fitted(search, data, data.search)
    if estimator == "mixture":
        # All local routes are nearly as probable yet: rounding, which differs
        # between processors, decides on the one that is evaluated.
        return {"history": found["history"]}
    network = mt.derive.build_model(search, search.route)
    predictions = network.predict_on_batch(first_rows(data))
    return {**found, "network": plain(predictions)}


def population_run(data):
    """Networks of drawn routes, side by side."""
    space = RouteSpace(
        data.schema.task_names,
        2,
        3,
        query_scope="all_prev",
        value_scope="all_prev",
    )
    rng = np.random.default_rng(0)
    routes = [space.random_route(rng) for _ in range(PLACES)]
    keras.utils.set_random_seed(5)
    population = RoutePopulation(
        data.schema, space, PLACES, units=UNITS, stem_units=6, **base()
    )
    population.compile(optimizer(), jit_compile=False)
    population.initialize(routes, range(PLACES))
    data.seek(0)
    fit = population.fit(data.train, epochs=EPOCHS, shuffle=False, verbose=0)
    each = map(population.logs_of, population.evaluate_each(data.test))
    network = population.network(1)
    return {
        "history": plain(fit.history),
        "test": plain({str(i): logs for i, logs in enumerate(each)}),
        "predictions": plain(network.predict_on_batch(first_rows(data))),
    }


def export_run(name, data, path):
    """Kinds of nodes of an exported graph, and what it predicts."""
    if name == "route":
        model = route_model(data.schema)
    else:
        model = new_model(name, data.schema)
    export_model(model, path, formats=("onnx",))
    graph = onnx.load(path / "model.onnx").graph
    served = Predictor(path).predict_ids(**first_rows(data))
    return {
        "nodes": dict(Counter(node.op_type for node in graph.node)),
        "predictions": plain(served),
    }


def route_model(schema):
    """The network of a drawn route, with fresh weights."""
    space = RouteSpace(schema.task_names, 2, 3, query_scope="all_prev")
    route = space.random_route(np.random.default_rng(7))
    keras.utils.set_random_seed(6)
    return SparseRouteModel(schema, route, units=UNITS, stem_units=6, **base())


def all_runs(name, data, path):
    """Case -> a callable that runs it on the data called `name`.

    Args:
        name: string.
        data: `MultiTaskData`.
        path: directory to export into.
    """
    runs = {
        method: functools.partial(model_run, method, data) for method in SIZES
    }
    runs |= {
        estimator: functools.partial(search_run, estimator, data)
        for estimator in ESTIMATORS
    }
    runs["population"] = functools.partial(population_run, data)
    for method in EXPORTED:
        runs[f"export {method}"] = functools.partial(
            export_run, method, data, path / method
        )
    return {f"{name} {case}": run for case, run in runs.items()}
