"""Checks the trainer that a search is given."""

from collections.abc import Mapping

from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.population import CandidateTrainer


def check_trainer(
    trainer: CandidateTrainer,
    schema: DatasetSchema,
    others: Mapping[str, object],
) -> None:
    """Refuses a trainer of other data, or together with arguments of one.

    Args:
        trainer: `CandidateTrainer`.
        schema: `DatasetSchema` of the search.
        others: arguments that make a trainer, by name; `None` if not given.
    """
    check_instances(CandidateTrainer, trainer=trainer)
    if trainer.population.schema != schema:
        raise ValueError(
            "`trainer` must have a population of the schema. Received: "
            f"a population of {trainer.population.schema.name!r}"
        )
    for name, value in others.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must not be given beside a `trainer`, whose "
                f"population has its own. Received: {name}={value!r}"
            )
