"""Makes the baseline of a method of the zoo."""

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import DatasetSchema
from mtnas_tf.experiment.comparison.baseline import Baseline
from mtnas_tf.experiment.comparison.baseline import is_route
from mtnas_tf.experiment.comparison.zoo_baseline import ZooBaseline


def new_baseline(
    name: str,
    config: ExperimentConfig,
    schema: DatasetSchema,
    dense_parameters: int = 0,
) -> Baseline | ZooBaseline:
    """A baseline, trained side by side if it can be.

    Where `optim.balancing` balances tasks, it is trained one after the other:
    networks side by side cannot be balanced. Single tasks need no balancing.

    Args:
        name: key of `mtnas_tf.models.MODELS`.
        config: `ExperimentConfig`.
        schema: `DatasetSchema`.
        dense_parameters: int. The width is chosen so that the dense parameters
            come closest to this number; 0 for the config's width. Defaults to
            `0`.
    """
    is_balanced = config.optim.balancing and name != "single_task"
    if is_route(name, config, schema) and not is_balanced:
        return Baseline(name, config, schema, dense_parameters)
    return ZooBaseline(name, config, schema, dense_parameters)
