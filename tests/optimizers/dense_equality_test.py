"""SparseAdam against dense Adam, under options drawn at random."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from dense_adam import DenseAdam
from exhaustive import all_but

from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.optimizers import Table
from mtnas_tf.optimizers import exact_table_adam

SHAPES = ((23, 3), (7, 2), (60, 1))
BETAS = ((0.9, 0.999), (0.9, 0.999), (0.5, 0.9), (0.0, 0.99), (0.9, 0.95))
EPSILONS = (1e-7, 1e-7, 1e-3, 0.1)
CLIPS = (None, "clipnorm", "global_clipnorm", "clipvalue")
LIMITS = (0.05, 1.0, 1e3)  # always, now and then, never reached
RATES = ("float", "set", "schedule", "callable")
SCALINGS = (None, None, "factor", "optimizer")
SCALE = 2.0**10
STEPS = 250


@dataclasses.dataclass
class Case:
    """Variables and options, and what happens in a training."""

    seed: int
    jit_compile: bool

    def __post_init__(self):
        self.rng = rng = np.random.default_rng(self.seed)
        self.shapes = SHAPES[: rng.integers(1, 4)]
        self.starts = [
            rng.normal(size=shape).astype("f")
            for shape in (*self.shapes, (4, 3), (5,))
        ]
        clip = rng.choice(CLIPS)
        self.clip = {} if clip is None else {clip: float(rng.choice(LIMITS))}
        self.betas = BETAS[rng.integers(len(BETAS))]
        self.epsilon = float(rng.choice(EPSILONS))
        self.decay = float(rng.choice([0.0, 0.1]))
        self.excluded = [
            i for i in range(len(self.starts)) if rng.random() < 0.3
        ]
        self.rate = rng.choice(RATES)
        self.scaling = rng.choice(SCALINGS)

    def learning_rate(self, step):
        return 1e-2 if self.rate == "float" else 1e-2 * 0.5 ** (step / 50)

    def optimizer(self, variables):
        kwargs = {"factor": {"loss_scale_factor": SCALE}}.get(self.scaling, {})
        rates = {
            "schedule": keras.optimizers.schedules.ExponentialDecay(
                1e-2, 50, 0.5
            ),
            "callable": lambda: self.variable_rate.read_value(),
        }
        self.variable_rate = tf.Variable(1e-2)
        optimizer = SparseAdam(
            rates.get(self.rate, 1e-2),
            self.decay,
            beta_1=self.betas[0],
            beta_2=self.betas[1],
            epsilon=self.epsilon,
            **self.clip,
            **kwargs,
        )
        excluded = [variables[i] for i in self.excluded]
        optimizer.exclude_from_weight_decay(var_list=excluded)
        if self.scaling == "optimizer":
            optimizer = keras.optimizers.LossScaleOptimizer(
                optimizer, initial_scale=SCALE
            )
        optimizer.build(variables)
        return optimizer

    def reference(self):
        decays = [
            0.0 if i in self.excluded else self.decay
            for i in range(len(self.starts))
        ]
        return DenseAdam(
            self.starts, self.betas, self.epsilon, decays, self.clip
        )

    def gradients(self):
        """Those of one step: a table's have ids twice, some are frozen."""
        rng = self.rng
        gradients = {}
        for i, start in enumerate(self.starts):
            if i < len(self.shapes):
                ids = rng.integers(0, len(start) // 2 + 1, 5)
                if rng.random() < 0.02:
                    ids = rng.integers(0, len(start), 5)
                rows = rng.normal(size=(5, start.shape[1])).astype("f")
                gradients[i] = (ids.astype("int32"), rows)
            else:
                values = rng.normal(size=start.shape).astype("f")
                gradients[i] = values * (rng.random(start.shape) < 0.7)
        return gradients


class Training:
    """The variables and the optimizer of a case."""

    def __init__(self, case):
        self.case = case
        num_tables = len(case.shapes)
        self.variables = [
            Table(start) if i < num_tables else keras.Variable(start)
            for i, start in enumerate(case.starts)
        ]
        self.optimizer = case.optimizer(self.variables)
        self.step = tf.function(self._step, jit_compile=case.jit_compile)

    def _step(self, gradients):
        self.optimizer.apply(
            [
                tf.IndexedSlices(g[1], g[0], self.variables[int(i)].shape)
                if isinstance(g, tuple)
                else g
                for i, g in gradients.items()
            ],
            [self.variables[int(i)] for i in gradients],
        )

    def train(self, gradients, step):
        rate = self.case.learning_rate(step)
        if self.case.rate == "set":
            self.optimizer.learning_rate = rate
        self.case.variable_rate.assign(rate)
        scale = 1.0 if self.case.scaling is None else SCALE
        self.step(
            {
                str(i): (g[0], scale * g[1])
                if isinstance(g, tuple)
                else scale * g
                for i, g in gradients.items()
            }
        )


def check(case):
    training, reference = Training(case), case.reference()
    frozen = int(case.rng.integers(len(case.starts)))
    for step in range(STEPS):
        gradients = case.gradients()
        if 80 <= step < 160:
            del gradients[frozen]
        training.train(gradients, step)
        reference.step(gradients, case.learning_rate(step))
        if case.rng.random() < 0.03:
            look(case, training, reference)
    for i, variable in enumerate(training.variables):
        assert_close(variable.numpy(), reference, i)


def look(case, training, reference):
    """Reads, or reads and writes, a table in the middle of a training."""
    i = int(case.rng.integers(len(case.shapes)))
    table = training.variables[i]
    ids = case.rng.integers(0, len(case.starts[i]), (2, 3))
    assert_close(table.rows(ids).numpy(), reference, i, ids)
    if case.rng.random() < 0.5:
        assert_close(table.numpy(), reference, i)
    if case.rng.random() < 0.3:
        values = case.rng.normal(size=table.shape).astype("f")
        table.assign(values)
        reference.weights[i][...] = values
        np.testing.assert_array_equal(table.numpy(), values)
        np.testing.assert_array_equal(table.rows(ids), values[ids])


def assert_close(values, reference, i, ids=slice(None)):
    """Within float32 of the way that each element has gone."""
    error = np.abs(values - reference.weights[i][ids])
    scale = 1 + np.abs(reference.weights[i]) + 100 * reference.paths[i]
    assert np.max(error / scale[ids]) < 4e-6


# Every option above is among those of these three and of the next.
@pytest.mark.parametrize("seed", [2, 63, 233])
def test_equals_dense_adam(seed):
    check(Case(seed, jit_compile=False))


@pytest.mark.slow
def test_equals_dense_adam_where_xla_settles(monkeypatch):
    monkeypatch.setattr(exact_table_adam, "COMPILED_ROWS", 0)
    check(Case(72, jit_compile=False))


@pytest.mark.slow
def test_equals_dense_adam_under_xla():
    check(Case(101, jit_compile=True))


@pytest.mark.slow
@pytest.mark.parametrize("seed", all_but(range(1000, 1008), range(1000, 1040)))
def test_equals_dense_adam_under_any_options(seed):
    check(Case(seed, jit_compile=seed % 4 == 0))
