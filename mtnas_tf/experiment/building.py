"""Models, optimizers and estimators in the shape that a config gives."""

import dataclasses
import inspect
import math
from typing import Any

import keras

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config.search_config import AUTO_MTL
from mtnas_tf.config.search_config import BY_PRECISION
from mtnas_tf.config.search_config import PROGRESSIVE
from mtnas_tf.config.search_config import SCORE_WEIGHTS
from mtnas_tf.config.task_weights import weights_by_task
from mtnas_tf.data import DatasetSchema
from mtnas_tf.experiment.tuned import tuned_weights
from mtnas_tf.models import MODELS
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.routes import Route
from mtnas_tf.routes.sub_network_units import Units
from mtnas_tf.search.supernet import estimators


def build_model(
    name: str,
    config: ExperimentConfig,
    schema: DatasetSchema,
    units: int | None = None,
    num_steps: int | None = None,
    **kwargs: Any,
) -> Any:
    """A model of the zoo in the config's shape, seeded by the config.

    It is made with as many of the config's values as it has arguments for.

    Args:
        name: key of `mtnas_tf.models.MODELS`.
        config: `ExperimentConfig`.
        schema: `DatasetSchema`.
        units: int > 0. Width of hidden layers, in place of the config's.
        num_steps: int > 0. Steps that it is trained for, to which a method with
            a schedule fits it. Defaults to `None`: the schedule is that of the
            method's own defaults.
        **kwargs: replace the config's values.
    """
    if name not in MODELS:
        raise ValueError(
            f"`model` must be one of {sorted(MODELS)}. Received: {name!r}"
        )
    keras.utils.set_random_seed(config.seed)
    accepted = inspect.signature(MODELS[name]).parameters
    base = base_shape(config, schema)
    values = {**base, **_sizes(name, config, schema, units)}
    own = {key: value for key, value in values.items() if key in accepted}
    schedule = getattr(MODELS[name], "schedule", None)
    if schedule is not None and num_steps is not None:
        own |= schedule(num_steps)
    return MODELS[name](schema, **{**own, **kwargs})


def new_route_model(
    route: Route,
    config: ExperimentConfig,
    schema: DatasetSchema,
    units: int | None = None,
) -> Any:
    """A route's network with fresh weights, seeded by the config.

    Args:
        route: `Route`.
        config: `ExperimentConfig`.
        schema: `DatasetSchema`.
        units: int > 0. Defaults to the config's.
    """
    keras.utils.set_random_seed(config.seed)
    return SparseRouteModel(
        schema,
        route,
        units=units or units_of_routes(config),
        aggregation=config.model.aggregation,
        root_query=config.model.root_query,
        **base_shape(config, schema),
    )


def units_of_routes(config: ExperimentConfig) -> Units:
    """How wide the sub-networks of the config's routes are."""
    return config.search.candidates.subnetwork_units or config.model.units


def base_shape(
    config: ExperimentConfig, schema: DatasetSchema
) -> dict[str, Any]:
    """The arguments of every model that a config's base net sets."""
    base = dataclasses.asdict(config.base)
    del base["field_widths"]
    widths = config.base.width_by_field
    if widths:
        fields = schema.preprocessor.id_fields
        others = dict.fromkeys((f.name for f in fields), base["embedding_dim"])
        base["embedding_dim"] = {**others, **widths}
    stddev = base.pop("table_stddev")
    initializer = keras.initializers.RandomNormal(stddev=stddev)
    return {**base, "table_initializer": initializer}


def _sizes(
    name: str,
    config: ExperimentConfig,
    schema: DatasetSchema,
    units: int | None,
) -> dict[str, Any]:
    """The config's values under the names of all models' arguments."""
    model = config.model
    units = units or model.units
    accepted = inspect.signature(MODELS[name]).parameters
    has_experts = any(key.endswith("_experts") for key in accepted)
    return {
        "num_layers": model.num_layers,
        "num_experts": model.num_subnetworks,
        # One expert is each task's own; at least one is shared.
        "num_task_experts": 1,
        "num_shared_experts": max(model.num_subnetworks - len(schema.tasks), 1),
        "num_subnetworks": model.num_subnetworks,
        # A network without experts is as deep as one that has layers of them.
        "hidden_units": (units,) * (1 if has_experts else model.num_layers),
        # As gates of other methods are, so that widths are of experts alone.
        # PEPNet's scale all features: without a hidden layer they would be most
        # of the network, and no width would match another's size.
        "gate_units": (units,) if name == "pepnet" else (),
        "units": units,
        "query_scope": model.query_scope,
        "root_query": model.root_query,
        "aggregation": model.aggregation,
        "dedup_singletons": model.dedup_singletons,
        "merge_singletons": model.merge_singletons,
    }


def count_parameters(
    model: Any, num_buckets: int | None = None
) -> dict[str, int]:
    """Trainable weights: `{"dense": int, "embedding": int}`.

    Args:
        model: a model of the library.
        num_buckets: rows that a table is counted with. Defaults to `None`,
            those that it has.
    """
    tables = {id(table) for table in model.tables}
    counts = {"dense": 0, "embedding": 0}
    for variable in model.trainable_variables:
        if id(variable) in tables:
            rows, width = variable.shape
            counts["embedding"] += (num_buckets or rows) * width
        else:
            counts["dense"] += math.prod(variable.shape)
    return counts


def new_optimizer(config: ExperimentConfig) -> SparseAdam:
    """The optimizer of weights in a config."""
    optim = config.optim
    return SparseAdam(
        optim.learning_rate,
        weight_decay=optim.weight_decay,
        semantics=optim.semantics,
    )


def loss_weights(
    config: ExperimentConfig, schema: DatasetSchema
) -> dict[str, float] | None:
    """The loss weight of each task in a config; `None` for 1 each.

    Args:
        config: `ExperimentConfig`.
        schema: `DatasetSchema`, which may have some of the tasks alone.
    """
    weights = config.optim.weight_by_task
    if not set(weights) & set(schema.task_names):
        return None
    return {task: weights.get(task, 1.0) for task in schema.task_names}


def check_weighted_tasks(
    config: ExperimentConfig, schema: DatasetSchema
) -> None:
    """Refuses loss weights of what is no task of the data.

    Args:
        config: `ExperimentConfig`.
        schema: `DatasetSchema` of the data.
    """
    optim, model = config.optim, config.model
    scores = config.search.score_weights
    of_tuned = {
        f"{m} in optim.tuned": w for m, w in tuned_weights(config).items()
    }
    for key, entries in {
        "optim.loss_weights": optim.loss_weights,
        SCORE_WEIGHTS: () if scores == BY_PRECISION else scores,
        "model.mmoe_loss_weights": model.mmoe_loss_weights,
        **of_tuned,
    }.items():
        if not set(weights_by_task(key, entries)) <= set(schema.task_names):
            raise ValueError(
                f"`{key}` must weigh tasks of the data, "
                f"{list(schema.task_names)}. Received: {key}={entries}"
            )


def supernet_of(config: ExperimentConfig) -> str:
    """The model of the zoo that the config's search in a supernet is in."""
    method = config.search.method
    return "auto_mtl" if method == AUTO_MTL else "mtnas"


def new_estimator(
    config: ExperimentConfig, num_steps: int = 0, num_blocks: int = 1
) -> estimators.Estimator:
    """The estimator of route logits in a config.

    One that freezes blocks begins when half of the steps are done, and is done
    with all blocks after three quarters.

    Args:
        config: `ExperimentConfig`.
        num_steps: int. Steps of the logits that a search will take. Defaults
            to `0`: the estimator has its own schedule.
        num_blocks: int > 0, of the supernet. Defaults to `1`.
    """
    supernet, method = config.search.supernet, config.search.method
    name = PROGRESSIVE if method == AUTO_MTL else method
    options: dict[str, Any] = {
        "num_routes": supernet.num_routes,
        "learning_rate": supernet.route_learning_rate,
    }
    if num_steps and name == PROGRESSIVE:
        options |= {
            "annealing_steps": max(num_steps // 2, 1),
            "freezing_start": num_steps // 2,
            "freezing_steps": max(num_steps // (4 * num_blocks), 1),
        }
    set_options = {k: v for k, v in options.items() if v is not None}
    return estimators.get(name, **set_options)
