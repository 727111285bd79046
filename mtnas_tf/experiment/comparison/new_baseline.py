"""A method of the zoo, to be compared with."""

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
    """Many trainings side by side where the method is a route.

    Args:
        name: key of `mtnas_tf.models.MODELS`.
        config: `ExperimentConfig`.
        schema: `DatasetSchema`.
        dense_parameters: int. The width is the one that comes closest to as
            many; 0 for the config's width. Defaults to `0`.
    """
    if is_route(name, config, schema):
        return Baseline(name, config, schema, dense_parameters)
    return ZooBaseline(name, config, schema, dense_parameters)
