"""The work of a comparison, in trainings of a whole population."""

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.experiment.comparison.baselines import effort_of_baselines
from mtnas_tf.experiment.comparison.baselines import num_trainers
from mtnas_tf.experiment.comparison.controls import effort_of_other_routes
from mtnas_tf.experiment.comparison.searches import effort_of_searches
from mtnas_tf.experiment.effort import OF_NETWORK

# Graphs that are compiled for a search in a supernet.
COMPILATIONS_OF_SUPERNET = 4


def comparison_effort(
    config: ExperimentConfig,
    num_seeds: int,
    num_splits: int,
    tasks: tuple[str, ...],
) -> float:
    """Most work of `compare`.

    Args:
        config: `ExperimentConfig`.
        num_seeds: see `compare`.
        num_splits: see `compare`.
        tasks: names.
    """
    of_split = num_seeds * effort_of_searches(config) + effort_of_baselines(
        config, len(tasks), num_seeds
    )
    if config.search.compared:
        of_split += effort_of_other_routes(config, tasks, num_seeds)
    return num_splits * of_split + OF_NETWORK


def num_compilations(
    config: ExperimentConfig, num_pairs: int, num_tasks: int
) -> int:
    """Graphs that `compare` compiles at most.

    Args:
        config: `ExperimentConfig`.
        num_pairs: seeds of all splits.
        num_tasks: of the data.
    """
    supernets = len(set(config.search.compared) - {CANDIDATES})
    trainers = 2 + num_trainers(config, num_tasks)
    return trainers + num_pairs * supernets * COMPILATIONS_OF_SUPERNET
