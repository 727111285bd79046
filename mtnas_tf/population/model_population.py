"""Models of any method, from several seeds, trained side by side."""

import contextlib
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import TypeVar

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.balancing import Balancing
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.population.population import Population
from mtnas_tf.population.reset_optimizer import reset_optimizer
from mtnas_tf.population.stacked_weights import StackedWeights
from mtnas_tf.population.table_rows import TableRows
from mtnas_tf.population.why_alone import why_alone
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Batch
from mtnas_tf.types import Dataset
from mtnas_tf.types import Inputs
from mtnas_tf.types import Optimizer
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor

# Of one model, or of each: dense weights, state, rows of tables.
Shares = tuple[list[Tensor], list[Tensor], list[Tensor]]
Result = TypeVar("Result")


class ModelPopulation(Population):
    """Models of one shape, each with its own weights, in one graph.

    For methods that are a route, `RoutePopulation` does the same with routes
    as data. Here the forward and backward pass of one model is mapped over the
    weights of all: what it computes, draws and counts in training is each
    model's own. Tables are looked up and updated for all models at once.

    Trained with an optimizer that works weight by weight, such as
    `SparseAdam`, every model becomes what it would become alone from the same
    start on the same batches, up to rounding. Start a training by
    `initialize`; it may be called again without another compilation.

    Args:
        build: callable from a seed to a `MultiTaskModel` with fresh weights
            of that seed. Models of all seeds differ in their weights alone.
            The rows that one reads of a `Table` depend on its inputs alone.
        num_models: int > 0.
        name: string. Defaults to `"model_population"`.

    Returns:
        dict task name -> predictions `(batch, num_models)`, followed by
        `classes` of a multi-class task.

    Raises:
        ValueError: if such a model can only be trained alone, see `why_alone`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> def build(seed):
    ...     keras.utils.set_random_seed(seed)
    ...     return mt.models.AdaTT(data.schema, hidden_units=(8,))
    >>> population = ModelPopulation(build, num_models=3)
    >>> population.compile()
    >>> population.initialize(seeds=range(3))
    >>> population.fit(data.train)  # doctest: +SKIP
    >>> population.evaluate_each(data.valid)  # doctest: +SKIP
    """

    def __init__(
        self,
        build: Callable[[int], MultiTaskModel],
        num_models: int,
        name: str = "model_population",
    ) -> None:
        check_ints(num_models=num_models)
        model = build(0)
        check_instances(MultiTaskModel, build=model)
        reason = why_alone(model)
        if reason is not None:
            raise ValueError(
                "`build` must return models that can be trained side by side. "
                f"Received: a {type(model).__name__}, which {reason}"
            )
        # Each model casts its own weights.
        super().__init__(name=name, dtype="float32")
        self.schema = model.schema
        self.num_models = num_models
        self.seeds: list[int] = []
        # Past Keras, to which its weights would be the population's.
        self.__dict__["_model"] = model
        self.__dict__["_build"] = build
        stacked = StackedWeights(model, num_models)
        self.__dict__["_stacked"] = stacked
        self.__dict__["_rows"] = TableRows(stacked.tables, num_models)
        self.stacked_variables = stacked.variables
        self.built = True

    @property
    def num_candidates(self) -> int:
        return self.num_models

    def compile(
        self,
        optimizer: Optimizer = None,
        loss: Any = None,
        metrics: Any = None,
        jit_compile: bool | str = True,
        *,
        loss_weights: Mapping[str, float] | Sequence[float] | None = None,
        balancing: str | Balancing | None = None,
        **kwargs: Any,
    ) -> None:
        """As `TrainableModel.compile`."""
        super().compile(
            optimizer,
            loss,
            metrics,
            jit_compile,
            loss_weights=loss_weights,
            balancing=balancing,
            **kwargs,
        )
        # Of it only the loss is used.
        self._model.compile(
            keras.optimizers.SGD(), loss, loss_weights=loss_weights
        )

    def initialize(self, seeds: Sequence[int]) -> None:
        """Gives every model the fresh weights of a seed, and resets the rest.

        Args:
            seeds: int for each model, with which `build` is called.

        Raises:
            ValueError: if their number is not `num_models`, or `build` returns
                a model of another shape.
        """
        if len(seeds) != self.num_models:
            raise ValueError(
                "`seeds` must have an entry for each of the "
                f"{self.num_models} models. Received: seeds={list(seeds)}"
            )
        self._stacked.write_models(self._build(seed) for seed in seeds)
        self.seeds = list(seeds)
        reset_optimizer(getattr(self, "optimizer", None))

    def weights_by_candidate(self) -> list[np.ndarray]:
        self.settle()
        weights: list[np.ndarray] = self._stacked.read()
        return weights

    def assign_by_candidate(self, weights: Sequence[np.ndarray]) -> None:
        self._stacked.write(weights)

    def network(self, index: int) -> MultiTaskModel:
        """One of the models, with its weights.

        It is compiled as the population is, with an optimizer of its own.
        """
        self.settle()
        model: MultiTaskModel = self._build(self.seeds[index])
        if self.compiled:
            model.compile_from_config(self.get_compile_config())
        self._stacked.copy_to(model, index)
        return model

    def sharing_of_each(
        self, batches: Dataset, steps: int | None = None
    ) -> list[list[SharingMatrix]]:
        """The result of `MultiTaskModel.sharing` for each model.

        Args:
            batches: see `MultiTaskModel.sharing`.
            steps: int. Batches to read. Defaults to all.
        """
        self.settle()
        found = []
        for index in range(self.num_models):
            self._stacked.copy_to(self._model, index)
            found.append(self._model.sharing(batches, steps))
        return found

    def call(self, inputs: Inputs, training: bool = False) -> TaskTensors:
        def predict(each: Shares) -> TaskTensors:
            with self._as_one(*each):
                return self._model(inputs, training=False)

        predictions = _mapped(predict, self._shares(inputs, training=False))
        num_outputs = self.schema.num_outputs
        return {
            task: ops.moveaxis(
                values[..., 0] if num_outputs[task] == 1 else values, 0, 1
            )
            for task, values in predictions.items()
        }

    def train_step(self, data: Batch) -> dict[str, Tensor]:
        inputs, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        changed: list[int] = []  # numbers of the state that a step changes

        def step(
            each: Shares,
        ) -> tuple[Tensor, tuple[list[Tensor], list[Tensor]], list[Tensor]]:
            dense, state, rows = each
            with tf.GradientTape() as tape:
                tape.watch([dense, rows])
                with self._as_one(*each) as scope:
                    outputs = self._model(inputs, training=True)
                    loss = self._model.compute_loss(
                        inputs, labels, outputs, weights
                    )
            gradients = tape.gradient(
                loss, (dense, rows), unconnected_gradients="zero"
            )
            after = self._state_after(scope)
            changed[:] = [i for i, v in enumerate(after) if v is not state[i]]
            return loss, gradients, [after[i] for i in changed]

        losses, (by_dense, by_rows), after = _mapped(
            step, self._shares(inputs, training=True)
        )
        self.optimizer.apply(
            [*self._rows.gradients(by_rows), *by_dense],
            [v for _, v in (*self._stacked.tables, *self._stacked.dense)],
        )
        for index, value in zip(changed, after, strict=True):
            self._stacked.state[index][1].assign(value)
        num_rows = ops.shape(next(iter(inputs.values())))[0]
        self._loss_tracker.update_state(
            ops.mean(losses), sample_weight=num_rows
        )
        return self.get_metrics_result()

    def _shares(self, inputs: Inputs, training: bool) -> Shares:
        """The weights, state and rows of tables of all models."""
        dense, state = (
            [stacked.value for _, stacked in pairs]
            for pairs in (self._stacked.dense, self._stacked.state)
        )
        first = [v[0] for v in dense], [v[0] for v in state]
        with self._as_one(*first, None):
            self._model(inputs, training=training)
        return dense, state, self._rows.look_up()

    @contextlib.contextmanager
    def _as_one(
        self,
        dense: list[Tensor],
        state: list[Tensor],
        rows: list[Tensor] | None,
    ) -> Iterator[keras.StatelessScope]:
        """A context in which `_model` has the weights of one."""
        pairs = (*self._stacked.dense, *self._stacked.state)
        originals = [variable for variable, _ in pairs]
        scope = keras.StatelessScope(
            list(zip(originals, (*dense, *state), strict=True)),
            collect_losses=True,
        )
        with scope, self._rows.between(rows):
            yield scope

    def _state_after(self, scope: keras.StatelessScope) -> list[Tensor]:
        """The state that a model's step ends with."""
        model = self._model
        known = {id(v) for v in (*model.variables, *model.metrics_variables)}
        if not scope.state_mapping.keys() <= known:
            raise ValueError(
                "`build` must return models whose steps change their own "
                "variables alone. Received: a model with a layer that changes "
                "another one, or draws without a "
                "`keras.random.SeedGenerator` of its own"
            )
        return [scope.get_current_value(v) for v, _ in self._stacked.state]


def _mapped(function: Callable[[Shares], Result], shares: Shares) -> Result:
    """`function` of the share of each model; results are stacked."""
    # Draws are made in a loop, from the seed of each.
    return tf.vectorized_map(function, shares, warn=False)
