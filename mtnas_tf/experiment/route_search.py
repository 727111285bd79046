"""A config's search among candidates."""

import csv
import json
import warnings
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config.candidates_config import HALVING
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import TaskSpec
from mtnas_tf.experiment import building
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.models.result_keys import result_keys
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes import multiply_adds
from mtnas_tf.search import CandidateSearch
from mtnas_tf.search import CandidateSearchResult
from mtnas_tf.search import HalvingSearch
from mtnas_tf.search.candidates.strategies import STRATEGIES
from mtnas_tf.search.candidates.strategies import new_strategy

COST = "multiply_adds"  # column of `candidates.csv`


def route_space(config: ExperimentConfig, tasks: tuple[str, ...]) -> RouteSpace:
    """The space that candidates are drawn from."""
    model = config.model
    return RouteSpace(
        tasks,
        model.num_layers,
        model.num_subnetworks,
        query_scope=model.query_scope,
        gated=model.aggregation == "gate",
        dedup_singletons=True,
        value_scope=config.search.candidates.value_scope,
        num_tables=config.search.candidates.num_tables,
        has_linear=config.search.candidates.has_linear,
        subnetwork_units=config.search.candidates.subnetwork_units or None,
    )


def new_trainer(
    config: ExperimentConfig,
    schema: DatasetSchema,
    space: RouteSpace,
    units: int | None = None,
) -> CandidateTrainer:
    """A trainer of candidates in the config's shape.

    Args:
        config: `ExperimentConfig`.
        schema: `DatasetSchema` of the space's tasks.
        space: `RouteSpace`.
        units: int > 0. Defaults to the config's, or those of the space.
    """
    optim = config.optim
    if units is None and space.subnetwork_units is None:
        units = config.model.units
    return CandidateTrainer.in_space(
        schema,
        space,
        config.search.candidates.num_places,
        building.new_optimizer(config),
        optim.epochs,
        optim.patience,
        optim.jit_compile,
        building.loss_weights(config, schema),
        units=units,
        root_query=config.model.root_query,
        **building.base_shape(config, schema),
    )


def network_sizes(
    route: Route,
    config: ExperimentConfig,
    schema: DatasetSchema,
    units: int | None = None,
) -> dict[str, Any]:
    """Parameters and cost of a route's network.

    Returns:
        `num_parameters`: `{"dense": int, "embedding": int}`; `multiply_adds`:
        of one row, without the embeddings.
    """
    chosen = units or building.units_of_routes(config)
    small = schema.with_smallest_table
    model = building.new_route_model(route, config, small, units=units)
    counts = building.count_parameters(model, schema.num_buckets)
    return {
        "num_parameters": counts,
        "multiply_adds": multiply_adds(
            route,
            model.encoder.units,
            chosen,
            config.base.stem_units,
            config.model.root_query,
            gated=config.model.aggregation == "gate",
            num_outputs=schema.num_outputs,
        ),
    }


def search_candidates(
    config: ExperimentConfig,
    data: MultiTaskData,
    trainer: CandidateTrainer,
    cost_weight: float = 0.0,
    verbose: int = 0,
    executor: Executor | None = None,
    store_dir: str | Path | None = None,
) -> CandidateSearchResult:
    """Runs the config's search with a trainer of its space.

    Args:
        config: `ExperimentConfig`.
        data: `MultiTaskData`.
        trainer: what `new_trainer` returns for `route_space`.
        cost_weight: see `CandidateSearch`. Defaults to `0.0`.
        verbose: see `CandidateSearch.run`. Defaults to `0`, silence.
        executor: see `CandidateSearch.run`. Defaults to `None`.
        store_dir: see `CandidateSearch.run`. Defaults to `None`.
    """
    settings = config.search.candidates
    common: dict[str, Any] = {
        "trainer": trainer,
        "num_rounds": settings.num_rounds,
        "cost_weight": cost_weight,
        "seed": config.seed,
    }
    schema = trainer.population.schema
    if settings.strategy == HALVING:
        halving = HalvingSearch(schema, **common)
        return halving.run(data, verbose, executor, store_dir)
    space = trainer.population.space
    search = CandidateSearch(
        schema,
        strategy=new_strategy(settings.strategy, space, settings.draws),
        num_final_rounds=settings.num_final_rounds,
        num_finalists=settings.num_finalists,
        **common,
    )
    return search.run(data, verbose, executor, store_dir)


def blind_note(config: ExperimentConfig, tasks: tuple[str, ...]) -> str | None:
    """A note on a search that cannot learn from its trials.

    Args:
        config: `ExperimentConfig`.
        tasks: names.

    Returns:
        The warning of the strategy, see `Strategy.plan`; `None` if it learns,
        or is one that never does.
    """
    settings = config.search.candidates
    if settings.strategy not in STRATEGIES:
        return None
    space = route_space(config, tasks)
    strategy = new_strategy(settings.strategy, space, settings.draws)
    places = settings.num_places
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        strategy.plan(settings.num_rounds * places, places)
    if not caught:
        return None
    return f"The search among candidates did not search: {caught[0].message}"


def write_candidates(
    found: CandidateSearchResult, tasks: Sequence[TaskSpec], path: Path
) -> None:
    """Writes a CSV file with a line for each network trained.

    Args:
        found: the result of a search.
        tasks: `TaskSpec`s of its data.
        path: the file to write.
    """
    keys = result_keys(tasks)
    metrics = [(t, name) for t, m in found.best.valid.items() for name in m]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        columns = [keys[pair] for pair in metrics]
        writer.writerow(
            ["route", "seed", "epochs", COST, "score", "loss", *columns]
        )
        for candidate, score in zip(
            found.candidates, found.scores(), strict=True
        ):
            route = json.dumps(candidate.route.to_dict())
            valid = [candidate.valid[task][name] for task, name in metrics]
            loss = mtl_loss(tasks, candidate.valid)
            cost = found.cost(candidate.route)
            start = [route, candidate.seed, candidate.epochs, cost]
            writer.writerow([*start, score, loss, *valid])
