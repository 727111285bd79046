"""The weights of several models of one shape, in common variables."""

from collections.abc import Iterable
from collections.abc import Sequence

import keras
import numpy as np

from mtnas_tf.optimizers import Table


class StackedWeights:
    """Variables that hold a share for each of several models.

    A row of a table holds the rows of all models side by side, so that they
    are looked up and updated at once. All other variables have the models as
    their first axis.

    Args:
        model: a model of the shape of all; its values are not read.
        num_models: int > 0.

    Attributes:
        tables: list of `(variable of the model, Table of all models)`.
        dense: the same of all other trainable variables.
        state: the same of variables that are not trained, random seeds too.
    """

    def __init__(self, model: keras.Model, num_models: int) -> None:
        self.num_models = num_models
        self._pairs = [(v, self._stacked(v)) for v in model.variables]
        trained = [pair for pair in self._pairs if pair[0].trainable]
        self.tables = [p for p in trained if isinstance(p[0], Table)]
        self.dense = [p for p in trained if not isinstance(p[0], Table)]
        self.state = [p for p in self._pairs if not p[0].trainable]

    @property
    def variables(self) -> list[keras.Variable]:
        """All stacked variables, in the order of the model's."""
        return [stacked for _, stacked in self._pairs]

    def read(self) -> list[np.ndarray]:
        """A copy of every variable, as `(num_models, ...)`."""
        return [
            np.array(self._by_model(v, np.asarray(v))) for v in self.variables
        ]

    def write(self, weights: Iterable[np.ndarray]) -> None:
        """The inverse of `read`."""
        for variable, values in zip(self.variables, weights, strict=True):
            whole = np.empty(variable.shape, values.dtype)
            self._by_model(variable, whole)[...] = values
            variable.assign(whole)

    def write_models(self, models: Iterable[keras.Model]) -> None:
        """Takes the weights of models, which are needed one at a time.

        Args:
            models: `num_models` models of the shape of all.

        Raises:
            ValueError: if a model has other variables.
        """
        whole = [
            np.empty(v.shape, keras.backend.standardize_dtype(v.dtype))
            for v in self.variables
        ]
        for index, model in enumerate(models):
            self._check(model.variables)
            for variable, own, values in zip(
                self.variables, model.variables, whole, strict=True
            ):
                self._by_model(variable, values)[index] = np.asarray(own)
        for variable, values in zip(self.variables, whole, strict=True):
            variable.assign(values)

    def copy_to(self, model: keras.Model, index: int) -> None:
        """Gives a model of the shape of all the weights of one."""
        self._check(model.variables)
        for variable, own in zip(self.variables, model.variables, strict=True):
            own.assign(self._by_model(variable, np.asarray(variable))[index])

    def _stacked(self, variable: keras.Variable) -> keras.Variable:
        """A variable for the shares of all models, of zeros."""
        options = {
            "dtype": variable.dtype,
            "name": variable.path.replace("/", "_"),
        }
        if isinstance(variable, Table):
            rows, width = variable.shape
            shape = rows, self.num_models * width
            return Table("zeros", shape=shape, **options)
        return keras.Variable(
            "zeros",
            shape=(self.num_models, *variable.shape),
            trainable=variable.trainable,
            autocast=False,
            **options,
        )

    def _by_model(
        self, variable: keras.Variable, values: np.ndarray
    ) -> np.ndarray:
        """A view of an array shaped like a variable: `(num_models, ...)`."""
        if not isinstance(variable, Table):
            return values
        shape = (len(values), self.num_models, -1)
        return values.reshape(shape).swapaxes(0, 1)

    def _check(self, variables: Sequence[keras.Variable]) -> None:
        own = [tuple(variable.shape) for variable in variables]
        of_all = [tuple(variable.shape) for variable, _ in self._pairs]
        if own != of_all:
            raise ValueError(
                "`build` must return models of one shape for all seeds. "
                f"Received: weights of shapes {own}, where others have {of_all}"
            )
