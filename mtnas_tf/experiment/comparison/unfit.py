"""Methods of the zoo that do not fit the data."""

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import DatasetSchema
from mtnas_tf.experiment import building
from mtnas_tf.layers.chained_towers import ChainedTowers


def why_unfit(
    name: str, config: ExperimentConfig, schema: DatasetSchema
) -> str | None:
    """Why a method cannot be trained on data of a schema, or `None` if it can.

    Args:
        name: key of `mtnas_tf.models.MODELS`.
        config: `ExperimentConfig`.
        schema: `DatasetSchema`.
    """
    try:
        model = building.build_model(name, config, schema.with_smallest_table)
    except ValueError as error:
        return " ".join(str(error).split())
    towers = model.towers
    if isinstance(towers, ChainedTowers) and not towers.links:
        return "no task requires another (`TaskSpec(requires=...)`)"
    return None
