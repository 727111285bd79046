"""The work of a verb, in trainings of a whole population."""

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config.candidates_config import HALVING
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data.catalog import find_schema
from mtnas_tf.search.candidates.halving_search import NUM_RUNGS
from mtnas_tf.search.candidates.halving_search import REDUCTION
from mtnas_tf.search.candidates.halving_search import halving_effort

# A search in a supernet, and a network trained by itself.
OF_SUPERNET = 1.5
OF_NETWORK = 0.5


def search_effort(config: ExperimentConfig) -> float:
    """Work of a search among candidates."""
    settings = config.search.candidates
    if settings.strategy != HALVING:
        return settings.num_rounds + settings.num_final_rounds
    return halving_effort(settings.num_rounds, config.optim.epochs)


def trainings_of_search(config: ExperimentConfig) -> int:
    """Number of networks that a search, or one of its controls, trains."""
    settings = config.search.candidates
    if CANDIDATES not in config.search.compared:
        return 1
    count = settings.num_rounds * settings.num_places
    if settings.strategy == HALVING:
        rungs = range(NUM_RUNGS)
        return sum(-(-count // REDUCTION**rung) for rung in rungs)
    return count + settings.num_final_rounds * settings.num_places


def tuning_effort(config: ExperimentConfig) -> int:
    """Work of one trial of every method in `tune`."""
    baselines = config.model.baselines
    num_tasks = len(task_names(config))
    return 1 + len(baselines) + ("single_task" in baselines) * (num_tasks - 1)


def task_names(config: ExperimentConfig) -> tuple[str, ...]:
    """Number of tasks of the config's data, which are not read for it."""
    table = config.table
    if table.path is None:
        schema = find_schema(config.data.name)
        # What is not there is refused later.
        return ("unknown",) if schema is None else schema.task_names
    if table.schema is None:
        return table.tasks
    return DatasetSchema.load(table.schema).task_names


def rounds(num_networks: int, config: ExperimentConfig) -> int:
    """Trainings of all places that it takes to train some networks."""
    return -(-num_networks // config.search.candidates.num_places)
