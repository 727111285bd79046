"""Every method of a config on the same data, over splits and seeds.

A pair is a split and a seed. Within a pair all methods share rows, their order
and the start of the embedding tables. A search is compared with controls of
as many trainings: the best of as many random routes, and the best of as many
starts of every baseline. Two more controls show the worth of a route by itself:
the best hand-made route, and a narrow MMoE of equal cost.
"""

import functools
import json
from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison.baselines import train_baselines
from mtnas_tf.experiment.comparison.by_parts import train_by_parts
from mtnas_tf.experiment.comparison.checked_pairs import check_pairs
from mtnas_tf.experiment.comparison.claims import claims
from mtnas_tf.experiment.comparison.comparison import Comparison
from mtnas_tf.experiment.comparison.comparison_rows import ComparisonRows
from mtnas_tf.experiment.comparison.comparison_rows import Report
from mtnas_tf.experiment.comparison.comparison_rows import Row
from mtnas_tf.experiment.comparison.controls import is_one_space
from mtnas_tf.experiment.comparison.controls import train_other_routes
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.notes import notes_of
from mtnas_tf.experiment.comparison.protocol import protocol_of
from mtnas_tf.experiment.comparison.recipes import with_recipe
from mtnas_tf.experiment.comparison.searches import search_routes
from mtnas_tf.experiment.comparison.searches import searches_in_order
from mtnas_tf.experiment.comparison.spread_of_routes import entry_test
from mtnas_tf.experiment.comparison.summary import summarize
from mtnas_tf.experiment.comparison.yardsticks import dense_target
from mtnas_tf.experiment.comparison.yardsticks import seconds_of_baseline
from mtnas_tf.experiment.tuned import SEARCHED
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.models import MODELS
from mtnas_tf.search.supernet.estimators import ESTIMATORS


def compare(
    config: ExperimentConfig,
    num_seeds: int,
    num_splits: int = 1,
    load: Callable[[ExperimentConfig], MultiTaskData] = runner.load_data,
    report: Report = print,
    keep: Callable[[Row], None] | None = None,
    known: Sequence[Row] = (),
    executor: Executor | None = None,
    store_dir: str | Path | None = None,
) -> dict[str, Any]:
    """Trains every method for every pair of a split and a seed.

    Baselines get the width at which they have as many dense parameters as the
    searched routes' networks, unless `model.match_parameters` is off; without a
    search, as MMoE of the config's width. One that does not fit the data is
    left out, and a note of the protocol says why.

    Args:
        config: `ExperimentConfig`. Without `search.compared` the baselines are
            trained alone, without a search and its controls.
        num_seeds: int > 0. Pairs on every split, of seeds `config.seed`, ...
            that no two splits have in common.
        num_splits: int > 0. Splits `config.data.split_seed`, ... Defaults to
            `1`.
        load: from a config to its data. Defaults to `runner.load_data`.
        report: called with a line of text after every row.
        keep: called with every row as it comes. Defaults to `None`.
        known: rows of the same, unfinished comparison, which are not trained
            again. Defaults to `()`.
        executor: `concurrent.futures.Executor` whose workers train the rows.
            Defaults to `None`, this process.
        store_dir: where the executor's workers find the rows of the data, see
            `mtnas_tf.data.stored_data.stored`. Defaults to `None`, a
            temporary directory.

    Returns:
        dict for `compare.json`: `dataset`, `protocol`, `rows`, and what
        `conclusions` returns.
    """
    check_pairs(config, num_seeds, num_splits)
    _check_names(config)
    comparison = Comparison(
        config,
        num_seeds,
        num_splits,
        load,
        functools.partial(
            ComparisonRows,
            known=searches_in_order(config, known),
            report=report,
            keep=keep,
        ),
    )
    _check_fitting(comparison)
    # First the rows that users wait for: the search, then its controls.
    for note in notes_of(comparison):
        report(note)
    if executor is None:
        target, seconds = _train(comparison)
    else:
        target, seconds = train_by_parts(comparison, executor, store_dir)
    made = comparison.made
    made.set_budgets(seconds)
    protocol = protocol_of(comparison, target)
    return {
        "dataset": config.dataset,
        "protocol": protocol,
        "rows": made.rows,
        **conclusions(made.rows, protocol),
    }


def conclusions(
    rows: Sequence[Row], protocol: dict[str, Any]
) -> dict[str, Any]:
    """What `compare.json` concludes from its rows.

    Args:
        rows: of a comparison.
        protocol: of the same.

    Returns:
        `entry_test`, `summary` and `claims`, see the functions of these names.
    """
    config = ExperimentConfig.from_json(json.dumps(protocol["config"]))
    return {
        "entry_test": entry_test(rows),
        "summary": summarize(rows),
        "claims": claims(rows, is_one_space(config)),
    }


def _train(comparison: Comparison) -> tuple[int, float]:
    """Trains all methods; see `train_by_parts` for what is returned."""
    search_routes(comparison)
    target = dense_target(comparison)
    train_baselines(comparison, target)
    if comparison.config.search.compared:
        train_other_routes(comparison)
    return target, seconds_of_baseline(comparison)


def _check_fitting(comparison: Comparison) -> None:
    """Refuses loss weights of no task, and a comparison that trains nothing.

    Also models without domains beside a search, where each baseline is asked
    for by name.
    """
    config = comparison.config
    building.check_weighted_tasks(config, comparison.schema)
    if config.search.compared:
        models = [MODELS[name] for name in config.model.baselines]
        if any(getattr(model, "needs_domain", False) for model in models):
            _ = comparison.schema.domains
    elif not comparison.fitting:
        raise ValueError(
            "`model.baselines` must hold a method that fits the data. "
            f"Received: {comparison.unfit}"
        )


def _check_names(config: ExperimentConfig) -> None:
    """Refuses unknown names before the first training."""
    config.search.check_widths_of(*config.search.compared)
    for method in set(config.search.compared) & set(ESTIMATORS):
        building.new_estimator(with_section(config, "search", method=method))
    for recipe in config.model.mmoe_recipes:
        with_recipe(config, recipe)
    for method in (SEARCHED, BASELINE, *config.model.baselines):
        with_tuned(config, method)
