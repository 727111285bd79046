"""Baselines that are not a route, side by side or one after the other."""

import dataclasses
import itertools
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison.closest_width import closest_width
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.models import MODELS
from mtnas_tf.models.traced_cost import traced_multiply_adds
from mtnas_tf.population import ModelPopulation
from mtnas_tf.population import ModelTrainer
from mtnas_tf.population.reset_optimizer import reset_optimizer
from mtnas_tf.population.why_alone import why_alone
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.search.candidates.metrics_on_test import metrics_on_test
from mtnas_tf.search.candidates.outcome import READ_BATCHES
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import outcomes_of

ALONE, SIDE_BY_SIDE = "alone", "side by side"  # how a method is trained


class ZooBaseline:
    """A method of the zoo that is not a route.

    It is trained side by side in as many places as a search has, unless there
    is one place alone, tasks are balanced, or the model cannot be trained so,
    see `why_alone`.

    Args:
        name: key of `mtnas_tf.models.MODELS`.
        config: `ExperimentConfig`.
        schema: `DatasetSchema`.
        dense_parameters: int. The width is chosen so that the dense parameters
            come closest to this number; 0 for the config's width. Defaults to
            `0`.
    """

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
        self._population: Any = None  # the same, of models side by side
        self._num_steps = 0
        if dense_parameters:
            self.units = closest_width(
                lambda units: self._num_parameters(self._small(units))["dense"],
                dense_parameters,
            )
        places = config.search.candidates.num_places
        is_free = places > 1 and not config.optim.balancing
        is_alone = not is_free or why_alone(self._small(self.units)) is not None
        self.trained = ALONE if is_alone else SIDE_BY_SIDE

    def train(
        self, data: MultiTaskData, pairs: Sequence[int], starts: Sequence[int]
    ) -> list[Outcome]:
        """Trains the method once for each pair and start."""
        if self.trained == SIDE_BY_SIDE:
            trainer = self._trainer(data, len(starts))
            population = trainer.population

            def sharing() -> list[list[SharingMatrix]]:
                found: list[list[SharingMatrix]] = population.sharing_of_each(
                    data.valid, READ_BATCHES
                )
                return found

            return outcomes_of(
                trainer.train(data, starts), population, data, pairs, sharing
            )
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
        trainings: Iterable[Any] = self._trainings(data, starts)
        if self.trained == SIDE_BY_SIDE:
            trainer = self._trainer(data, len(starts))
            trainings = itertools.chain(*trainer.train(data, starts))
        tasks = self.schema.tasks
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

    def _trainer(self, data: MultiTaskData, num_starts: int) -> ModelTrainer:
        """A trainer of as many models as there are places and starts.

        Its population is compiled once, for trainings of one length.
        """
        optim = self.config.optim
        num_steps = optim.epochs * data.steps_per_epoch
        places = min(self.config.search.candidates.num_places, num_starts)
        population = self._population
        if (
            population is None
            or population.num_models < places
            or self._is_other_schedule(num_steps)
        ):
            self._num_steps = num_steps
            self._population = ModelPopulation(
                lambda start: self._fresh(start, num_steps), places
            )
            self._population.compile(
                building.new_optimizer(self.config),
                jit_compile=optim.jit_compile,
                loss_weights=building.loss_weights(self.config, self.schema),
            )
        return ModelTrainer(self._population, optim.epochs, optim.patience)

    def _trainings(
        self, data: MultiTaskData, starts: Sequence[int]
    ) -> Iterator[runner.Training]:
        """Trains a model from each start, in turn: all are the same object."""
        num_steps = self.config.optim.epochs * data.steps_per_epoch
        for start in starts:
            fresh = self._fresh(start, num_steps)
            is_ready = self._takes_over(fresh, num_steps)
            if not is_ready:
                self._model, self._num_steps = fresh, num_steps
            yield runner.train(
                self._model, self.config, data, verbose=0, is_ready=is_ready
            )

    def _fresh(self, start: int, num_steps: int) -> Any:
        """A model with the fresh weights of a start."""
        config = dataclasses.replace(self.config, seed=start)
        return building.build_model(
            self.name, config, self.schema, self.units, num_steps
        )

    def _is_other_schedule(self, num_steps: int) -> bool:
        """Whether what was trained last has the schedule of other steps."""
        is_scheduled = hasattr(MODELS[self.name], "schedule")
        return is_scheduled and num_steps != self._num_steps

    def _takes_over(self, fresh: Any, num_steps: int) -> bool:
        """Gives a model that was trained the weights of a fresh one.

        It need not be compiled again then, which takes longer than a short
        training. What balances tasks has a state of its own, and a schedule is
        that of a number of steps: with another one nothing is taken over.
        """
        model = self._model
        is_other = self._is_other_schedule(num_steps)
        if model is None or model.balancing or is_other:
            return False
        for variable, start in zip(
            model.variables, fresh.variables, strict=True
        ):
            variable.assign(start.value)
        reset_optimizer(model.optimizer)
        return True
