"""Hand-made sharing methods of a comparison, trained as often as a search."""

from collections.abc import Sequence

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.config.search_config import PAPER_SETTING
from mtnas_tf.experiment.comparison.baseline import Baseline
from mtnas_tf.experiment.comparison.comparison import Comparison
from mtnas_tf.experiment.comparison.comparison import by_pair
from mtnas_tf.experiment.comparison.comparison import variants_of
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.methods import EQUAL_COST
from mtnas_tf.experiment.comparison.methods import INHERITED
from mtnas_tf.experiment.comparison.methods import MEAN
from mtnas_tf.experiment.comparison.methods import RESTARTED
from mtnas_tf.experiment.comparison.methods import RETRAINED
from mtnas_tf.experiment.comparison.methods import SEARCHED
from mtnas_tf.experiment.comparison.methods import WEIGHTED
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import kind_of
from mtnas_tf.experiment.comparison.methods import search_of
from mtnas_tf.experiment.comparison.new_baseline import new_baseline
from mtnas_tf.experiment.comparison.recipes import paper_setting
from mtnas_tf.experiment.comparison.recipes import with_recipe
from mtnas_tf.experiment.comparison.zoo_baseline import ZooBaseline
from mtnas_tf.experiment.effort import rounds
from mtnas_tf.experiment.effort import trainings_of_search
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.search.candidates.outcome import best_of
from mtnas_tf.search.candidates.outcome import mean_of
from mtnas_tf.search.candidates.starts import fresh_starts

Named = tuple[str, str | None]  # a baseline and its recipe


def train_baselines(comparison: Comparison, dense_target: int) -> None:
    """Trains every baseline and base net, for every pair.

    Args:
        comparison: `Comparison`.
        dense_target: int. Dense parameters that they get; 0 for the config's
            width.
    """
    # What is waited for first: what the others are compared with.
    names = sorted(comparison.fitting, key=lambda name: name != BASELINE)
    if comparison.config.model.mmoe_loss_weights:
        names.append(WEIGHTED)
    methods: list[Named] = [(name, None) for name in names]
    methods += [(BASELINE, r) for r in comparison.config.model.mmoe_recipes]
    if comparison.config.search.compared:
        for name, recipe in methods:
            baseline = _new(comparison, name, recipe, dense_target)
            for split in comparison.data:
                _train(comparison, baseline, name, recipe, split)
        _train_all_of_equal_cost(comparison)
    else:
        _train_by_split(comparison, methods, dense_target)


def effort_of_baselines(
    config: ExperimentConfig, num_tasks: int, num_seeds: int
) -> int:
    """Effort on a split, at most: MMoE may cost as much already."""
    model = config.model
    often = rounds(num_seeds * trainings_of_search(config), config)
    each = num_networks(config, num_tasks) * often
    again = config.search.candidates.num_retrainings
    others = max(_num_of_equal_cost(config) - 1, 0)
    if _num_of_equal_cost(config):
        each += often + others * rounds(num_seeds * again, config)
    return each + len(model.mmoe_recipes) * rounds(num_seeds, config)


def num_trainers(config: ExperimentConfig, num_tasks: int) -> int:
    """Populations that are compiled, at most."""
    recipes = len(config.model.mmoe_recipes)
    equal_cost = _num_of_equal_cost(config)
    return num_networks(config, num_tasks) + recipes + equal_cost


def num_networks(config: ExperimentConfig, num_tasks: int) -> int:
    """Populations of the baselines: `single_task` has one for each task."""
    baselines = config.model.baselines
    count = len(baselines) + bool(config.model.mmoe_loss_weights)
    return count + ("single_task" in baselines) * (num_tasks - 1)


def _num_of_equal_cost(config: ExperimentConfig) -> int:
    """MMoEs that cost as much as a search's networks."""
    weights = len(config.search.candidates.cost_weights)
    return sum(
        weights if name == CANDIDATES else 1 for name in config.search.compared
    )


def _train_by_split(
    comparison: Comparison, methods: Sequence[Named], dense_target: int
) -> None:
    """All methods on one split, then on the next.

    If it is stopped, the splits that are done are a comparison by themselves.
    """
    baselines: dict[Named, Baseline | ZooBaseline] = {}
    for split in comparison.data:
        for name, recipe in methods:
            if not comparison.made.open_seeds(split, name, recipe):
                continue
            if (name, recipe) not in baselines:
                baselines[name, recipe] = _new(
                    comparison, name, recipe, dense_target
                )
            baseline = baselines[name, recipe]
            _train(comparison, baseline, name, recipe, split)


def _new(
    comparison: Comparison, name: str, recipe: str | None, dense_target: int
) -> Baseline | ZooBaseline:
    config, method = comparison.config, name
    if name == WEIGHTED:
        weights = config.model.mmoe_loss_weights
        config = with_section(config, "optim", loss_weights=weights)
        method = BASELINE
    config = with_recipe(with_tuned(config, method), recipe)
    return new_baseline(method, config, comparison.schema, dense_target)


def _train(
    comparison: Comparison,
    baseline: Baseline | ZooBaseline,
    name: str,
    recipe: str | None,
    split: int,
) -> None:
    """Trains a baseline: one training, the mean and the best of many."""
    count = comparison.num_trainings if recipe is None else 1
    variants = variants_of(recipe, count)
    seeds = comparison.made.open_seeds(split, name, *variants)
    pairs = [seed for seed in seeds for _ in range(count)]
    starts = [s for seed in seeds for s in fresh_starts(seed, count)]
    network = {**baseline.sizes(), "trained": baseline.trained}
    outcomes = baseline.train(comparison.data[split], pairs, starts)
    for of_pair in by_pair(outcomes):
        comparison.add_trainings(name, recipe, of_pair, split, network)


def _train_all_of_equal_cost(comparison: Comparison) -> None:
    """For every search, an MMoE as wide as its routes are costly.

    None where MMoE itself costs as much; in the paper's shape for the paper's
    search.
    """
    methods = Methods(comparison.made.rows)
    tuned = with_tuned(comparison.config, BASELINE)
    for method in methods.searched:
        is_plain = methods.cost_as_much((BASELINE, None), method)
        cost = methods.cost(method)
        if kind_of(method) == RETRAINED and not is_plain and cost is not None:
            search = search_of(method)
            is_first = search == methods.first_search
            _train_of_equal_cost(comparison, tuned, search, cost, is_first)
    cost = methods.cost((SEARCHED, f"{PAPER_SETTING} {INHERITED}"))
    if cost is not None:
        config = paper_setting(comparison.config)
        _train_of_equal_cost(comparison, config, PAPER_SETTING, cost, False)


def _train_of_equal_cost(
    comparison: Comparison,
    config: ExperimentConfig,
    search: str,
    cost: float,
    is_first: bool,
) -> None:
    """Trained as often as the search that it is compared with.

    The first search is judged by what it picked, too: so is its control.
    """
    schema = comparison.schema
    baseline = Baseline(BASELINE, config, schema, multiply_adds=round(cost))
    mean, best = f"{search} {MEAN}".strip(), f"{search} {RESTARTED}".strip()
    variants, count = [mean], comparison.num_retrainings
    if is_first and comparison.num_trainings > 1:
        variants, count = [mean, best], comparison.num_trainings
    sizes = baseline.sizes()
    for split, data in comparison.data.items():
        seeds = comparison.made.open_seeds(split, EQUAL_COST, *variants)
        pairs = [seed for seed in seeds for _ in range(count)]
        starts = [s for seed in seeds for s in fresh_starts(seed, count)]
        for outcomes in by_pair(baseline.train(data, pairs, starts)):
            found = {mean: mean_of(outcomes)}
            found[best] = best_of(schema.tasks, outcomes)
            for variant in variants:
                comparison.add(
                    EQUAL_COST, variant, found[variant], split, sizes
                )
