"""How much there is to train, in trainings of all places of a population."""

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config.candidates_config import HALVING
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.data import CATALOG
from mtnas_tf.data import DatasetSchema
from mtnas_tf.experiment.step_progress import OF_NETWORK
from mtnas_tf.experiment.step_progress import OF_SUPERNET
from mtnas_tf.search.candidates.halving_search import halving_effort

NUM_HAND_MADE = 5
# Graphs that are compiled for a search in a supernet.
COMPILATIONS_OF_SUPERNET = 4


def search_effort(config: ExperimentConfig) -> float:
    """Of the search among candidates."""
    settings = config.search.candidates
    if settings.strategy != HALVING:
        return settings.num_rounds + settings.num_final_rounds
    return halving_effort(settings.num_rounds, config.optim.epochs)


def trainings_of_search(config: ExperimentConfig) -> int:
    """Networks that a search trains, and each of its controls."""
    settings = config.search.candidates
    if CANDIDATES not in config.search.compared:
        return 1
    num_rounds = settings.num_rounds + settings.num_final_rounds
    if settings.strategy == HALVING:
        num_rounds = settings.num_rounds
    return num_rounds * settings.num_places


def comparison_effort(
    config: ExperimentConfig, num_seeds: int, num_splits: int, num_tasks: int
) -> float:
    """Of all that `compare` trains at most."""
    settings, model = config.search.candidates, config.model
    compared = config.search.compared
    supernets = len(set(compared) - {CANDIDATES})
    searches = len(compared) - supernets
    weights = len(settings.cost_weights)
    retraining = _rounds(settings.num_retrainings, config)
    of_pair = searches * weights * (search_effort(config) + retraining)
    of_pair += supernets * (OF_SUPERNET + retraining) + retraining
    controls = _rounds(num_seeds * trainings_of_search(config), config)
    of_split = num_seeds * of_pair + controls
    of_split += _rounds(num_seeds * NUM_HAND_MADE, config)
    of_split += controls * num_networks(config, num_tasks)
    of_split += len(model.mmoe_recipes) * _rounds(num_seeds, config)
    return num_splits * of_split + OF_NETWORK


def tuning_effort(config: ExperimentConfig, num_tasks: int) -> int:
    """Of a trial of every method that `tune` tunes."""
    baselines = config.model.baselines
    return 1 + len(baselines) + ("single_task" in baselines) * (num_tasks - 1)


def num_tasks(config: ExperimentConfig) -> int:
    """Tasks of the config's data, which need not be read for it."""
    table = config.table
    if table.path is None:
        schema = CATALOG.get(config.data.name.partition("/")[0])
        return 1 if schema is None else len(schema.tasks)  # it is refused later
    if table.schema is None:
        return len(table.tasks)
    return len(DatasetSchema.load(table.schema).tasks)


def num_networks(config: ExperimentConfig, num_tasks: int) -> int:
    """Populations that the baselines train in.

    One for each task of `single_task`, and for MMoE one more, that costs as
    much as the searched network.
    """
    baselines = config.model.baselines
    return (
        len(baselines)
        + ("single_task" in baselines) * (num_tasks - 1)
        + ("mmoe" in baselines)
    )


def num_compilations(
    config: ExperimentConfig, num_pairs: int, num_tasks: int
) -> int:
    """Graphs that `compare` compiles."""
    supernets = len(set(config.search.compared) - {CANDIDATES})
    return (
        2
        + num_networks(config, num_tasks)
        + len(config.model.mmoe_recipes)
        + num_pairs * supernets * COMPILATIONS_OF_SUPERNET
    )


def _rounds(num_networks: int, config: ExperimentConfig) -> int:
    return -(-num_networks // config.search.candidates.num_places)
