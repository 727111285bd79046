"""Baselines that are not a route, trained one after the other."""

import dataclasses
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison.closest_width import closest_width
from mtnas_tf.experiment.comparison.traced_cost import traced_multiply_adds
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.models import MODELS
from mtnas_tf.population.reset_optimizer import reset_optimizer
from mtnas_tf.search.candidates.metrics_on_test import metrics_on_test
from mtnas_tf.search.candidates.outcome import READ_BATCHES
from mtnas_tf.search.candidates.outcome import Outcome


class ZooBaseline:
    """A method of the zoo that is not a route.

    Args:
        name: key of `mtnas_tf.models.MODELS`.
        config: `ExperimentConfig`.
        schema: `DatasetSchema`.
        dense_parameters: int. The width is chosen so that the dense parameters
            come closest to this number; 0 for the config's width. Defaults to
            `0`.
    """

    trained = "alone"

    def __init__(
        self,
        name: str,
        config: ExperimentConfig,
        schema: DatasetSchema,
        dense_parameters: int = 0,
    ) -> None:
        self.name = name
        self.config = config
        self.schema = schema
        self.units = config.model.units
        self._model: Any = None  # that was trained last
        self._num_steps = 0
        if dense_parameters:
            self.units = closest_width(
                lambda units: self._num_parameters(self._small(units))["dense"],
                dense_parameters,
            )

    def train(
        self, data: MultiTaskData, pairs: Sequence[int], starts: Sequence[int]
    ) -> list[Outcome]:
        """Trains the method once for each pair and start."""
        trainings = self._trainings(data, starts)
        return [
            Outcome(
                pair,
                None,
                training.epochs,
                training.seconds,
                training.valid,
                sharing=training.model.sharing(data.valid, READ_BATCHES),
                **metrics_on_test(training.model, data),
            )
            for pair, training in zip(pairs, trainings, strict=True)
        ]

    def valid_losses(
        self, data: MultiTaskData, starts: Sequence[int]
    ) -> list[float]:
        """Validation loss from each start; the test split is not read."""
        tasks = self.schema.tasks
        trainings = self._trainings(data, starts)
        return [mtl_loss(tasks, training.valid) for training in trainings]

    def sizes(self, units: int | None = None) -> dict[str, Any]:
        """`num_parameters` and `multiply_adds`, before anything is pruned."""
        model = self._small(units or self.units)
        return {
            "num_parameters": self._num_parameters(model),
            "multiply_adds": traced_multiply_adds(model),
        }

    def _small(self, units: int) -> Any:
        """The model with as small a table as can be."""
        small = self.schema.with_smallest_table
        return building.build_model(self.name, self.config, small, units=units)

    def _num_parameters(self, model: Any) -> dict[str, int]:
        return building.count_parameters(model, self.schema.num_buckets)

    def _trainings(
        self, data: MultiTaskData, starts: Sequence[int]
    ) -> Iterator[runner.Training]:
        """Trains a model from each start, in turn: all are the same object."""
        num_steps = self.config.optim.epochs * data.steps_per_epoch
        for start in starts:
            config = dataclasses.replace(self.config, seed=start)
            fresh = building.build_model(
                self.name, config, self.schema, self.units, num_steps
            )
            is_ready = self._takes_over(fresh, num_steps)
            if not is_ready:
                self._model, self._num_steps = fresh, num_steps
            yield runner.train(
                self._model, config, data, verbose=0, is_ready=is_ready
            )

    def _takes_over(self, fresh: Any, num_steps: int) -> bool:
        """Gives a model that was trained the weights of a fresh one.

        It need not be compiled again then, which takes longer than a short
        training. What balances tasks has a state of its own, and a schedule is
        that of a number of steps: with another one nothing is taken over.
        """
        model = self._model
        is_scheduled = hasattr(MODELS[self.name], "schedule")
        is_other = is_scheduled and num_steps != self._num_steps
        if model is None or model.balancing or is_other:
            return False
        for variable, start in zip(
            model.variables, fresh.variables, strict=True
        ):
            variable.assign(start.value)
        reset_optimizer(model.optimizer)
        return True
