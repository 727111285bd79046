"""Hand-made sharing methods of a comparison, trained as often as a search."""

from collections.abc import Sequence

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.data import DatasetSchema
from mtnas_tf.experiment.comparison.baseline import Baseline
from mtnas_tf.experiment.comparison.comparison import Comparison
from mtnas_tf.experiment.comparison.comparison import by_pair
from mtnas_tf.experiment.comparison.comparison import variants_of
from mtnas_tf.experiment.comparison.equal_cost import equal_costs
from mtnas_tf.experiment.comparison.equal_cost import train_of_equal_cost
from mtnas_tf.experiment.comparison.kept_networks import KeptNetworks
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.methods import WEIGHTED
from mtnas_tf.experiment.comparison.new_baseline import new_baseline
from mtnas_tf.experiment.comparison.recipes import with_recipe
from mtnas_tf.experiment.comparison.zoo_baseline import ZooBaseline
from mtnas_tf.experiment.effort import rounds
from mtnas_tf.experiment.effort import trainings_of_search
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.search.candidates.starts import fresh_starts

Named = tuple[str, str | None]  # a baseline and its recipe


def train_baselines(comparison: Comparison, dense_target: int) -> None:
    """Trains every baseline and base net, for every pair.

    Args:
        comparison: `Comparison`.
        dense_target: int. Dense parameters that they get; 0 for the config's
            width.
    """
    methods = named_baselines(comparison)
    if comparison.config.search.compared:
        for name, recipe in methods:
            baselines = Baselines(comparison, dense_target)
            for split in comparison.data:
                train_named(baselines, name, recipe, split)
        for target in equal_costs(comparison):
            train_of_equal_cost(comparison, target)
    else:
        _train_by_split(comparison, methods, dense_target)


def named_baselines(comparison: Comparison) -> list[Named]:
    """Baselines and base nets, what the others are compared with first.

    Args:
        comparison: `Comparison`.
    """
    names = sorted(comparison.fitting, key=lambda name: name != BASELINE)
    if comparison.config.model.mmoe_loss_weights:
        names.append(WEIGHTED)
    methods: list[Named] = [(name, None) for name in names]
    recipes = comparison.config.model.mmoe_recipes
    return methods + [(BASELINE, recipe) for recipe in recipes]


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
    baselines = Baselines(comparison, dense_target)
    for split in comparison.data:
        for name, recipe in methods:
            if comparison.made.open_seeds(split, name, recipe):
                train_named(baselines, name, recipe, split)


class Baselines:
    """Baselines with their tuned values and their base nets.

    Each is compiled once for splits of the same networks.

    Args:
        comparison: `Comparison`.
        dense_target: see `train_baselines`.
    """

    def __init__(self, comparison: Comparison, dense_target: int) -> None:
        self.comparison = comparison
        self.dense_target = dense_target
        self._made: dict[Named, KeptNetworks[Baseline | ZooBaseline]] = {}

    def on(
        self, split: int, name: str, recipe: str | None
    ) -> Baseline | ZooBaseline:
        """A baseline for data of a split.

        Args:
            split: int.
            name: key of `mtnas_tf.models.MODELS`, or `WEIGHTED`.
            recipe: key of `RECIPES`, or `None`.
        """
        schema = self.comparison.data[split].schema
        kept = self._made.setdefault((name, recipe), KeptNetworks())
        return kept.of(schema, lambda: self._new(schema, name, recipe))

    def _new(
        self, schema: DatasetSchema, name: str, recipe: str | None
    ) -> Baseline | ZooBaseline:
        method = BASELINE if name == WEIGHTED else name
        config = with_tuned(self.comparison.config, method)
        if name == WEIGHTED:
            weights = config.model.mmoe_loss_weights
            config = with_section(config, "optim", loss_weights=weights)
        config = with_recipe(config, recipe)
        return new_baseline(method, config, schema, self.dense_target)


def train_named(
    baselines: Baselines, name: str, recipe: str | None, split: int
) -> None:
    """Trains a baseline: one training, the mean and the best of many.

    Args:
        baselines: `Baselines`.
        name: see `Baselines.on`.
        recipe: see `Baselines.on`.
        split: int.
    """
    comparison = baselines.comparison
    baseline = baselines.on(split, name, recipe)
    count = trainings_of_named(comparison, recipe)
    variants = variants_of(recipe, count)
    seeds = comparison.made.open_seeds(split, name, *variants)
    pairs = [seed for seed in seeds for _ in range(count)]
    starts = [s for seed in seeds for s in fresh_starts(seed, count)]
    network = {**baseline.sizes(), "trained": baseline.trained}
    outcomes = baseline.train(comparison.data[split], pairs, starts)
    for of_pair in by_pair(outcomes):
        comparison.add_trainings(name, recipe, of_pair, split, network)


def trainings_of_named(comparison: Comparison, recipe: str | None) -> int:
    """Trainings of a baseline in every pair.

    Args:
        comparison: `Comparison`.
        recipe: see `Baselines.on`.
    """
    return comparison.num_trainings if recipe is None else 1
