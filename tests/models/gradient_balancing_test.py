"""Steps that combine the gradients of tasks, in models."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data
from tolerances import assert_near

from mtnas_tf.balancing import GradientBalancing
from mtnas_tf.layers import SharedBottom
from mtnas_tf.losses import loss_for
from mtnas_tf.models import PLE
from mtnas_tf.models import MMoE
from mtnas_tf.models import MultiTaskModel
from mtnas_tf.models import SingleTask
from mtnas_tf.optimizers import SparseAdam

SPLIT = toy_data.make_split(10)
WEIGHTS = {"stars": np.linspace(0, 2, 10, dtype="f")[:, None]}
EAGER = {"run_eagerly": True, "jit_compile": False}
OWN = ("gate", "tower")  # in paths of weights that one task reaches


@keras.saving.register_keras_serializable(package="tests")
class Coefficients(GradientBalancing):
    """Coefficients that do not change."""

    def coefficients(self, products, losses):
        self.seen = products
        shape = (*products.shape[:-2], 1)
        return keras.ops.tile(keras.ops.array([3.0, 0.5]), shape)


class ByVariable(Coefficients):
    """The same, of each variable."""

    is_by_variable = True


class OfOwn(Coefficients):
    """The same, of towers and gates too."""

    weighs_own = True


class PenalizedBody(SharedBottom):
    """Adds a loss of its own."""

    def call(self, root, training=False):
        self.add_loss(0.1 * keras.ops.mean(root**2))
        return super().call(root, training=training)


def make(cls=MMoE, **kwargs):
    keras.utils.set_random_seed(0)
    if "num_experts" in inspect.signature(cls).parameters:
        kwargs = {"num_experts": 3} | kwargs
    return cls(
        toy_data.SCHEMA,
        hidden_units=(5,),
        embedding_dim=4,
        table_initializer="random_normal",
        **kwargs,
    )


def make_penalized():
    keras.utils.set_random_seed(0)
    body = PenalizedBody(
        toy_data.SCHEMA.task_names, hidden_units=(5,), name="body"
    )
    return MultiTaskModel(toy_data.SCHEMA, body)


def changes(model, **kwargs):
    """What a step of rate 1 subtracts from each weight: its gradient."""
    model.compile(keras.optimizers.SGD(1.0), **{**EAGER, **kwargs})
    before = [weight.numpy() for weight in model.trainable_weights]
    model.train_on_batch(SPLIT.inputs, SPLIT.labels, WEIGHTS)
    return {
        weight.path: start - weight.numpy()
        for weight, start in zip(model.trainable_weights, before, strict=True)
    }


def task_changes(make, **kwargs):
    """The gradient of either task, by itself."""
    nothing = dict.fromkeys(toy_data.SCHEMA.task_names, no_loss)
    return [
        changes(make(**kwargs), loss={**nothing, task.name: loss_for(task)})
        for task in toy_data.SCHEMA.tasks
    ]


def no_loss(labels, outputs):
    return 0.0 * keras.ops.sum(outputs, axis=-1)


@pytest.mark.parametrize(
    "kwargs",
    [
        pytest.param(EAGER, id="eager"),
        pytest.param(
            {"run_eagerly": False}, id="graph", marks=pytest.mark.slow
        ),
        pytest.param(
            {"run_eagerly": False, "jit_compile": True},
            id="xla",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_shared_gradients_are_combined_and_others_plain(kwargs):
    found = changes(make(), balancing=Coefficients(), **kwargs)
    click, stars = task_changes(make)
    for path, change in found.items():
        is_own = any(name in path for name in OWN)
        factors = (1, 1) if is_own else (3, 0.5)
        expected = factors[0] * click[path] + factors[1] * stars[path]
        scale = 3 * np.abs(click[path]).max() + np.abs(stars[path]).max()
        assert_near(change, expected, scale=scale, err_msg=path)


def test_products_are_those_of_dense_gradients():
    balancing, by_variable = Coefficients(), ByVariable()
    first = changes(make(), balancing=balancing)
    second = changes(make(), balancing=by_variable)
    click, stars = task_changes(make)
    expected = []
    for path in click:
        is_own = any(name in path for name in OWN)
        both = np.stack([click[path].ravel(), stars[path].ravel()])
        expected.append(0 * both @ both.T if is_own else both @ both.T)
    assert_near(by_variable.seen, np.stack(expected))
    assert_near(balancing.seen, np.sum(expected, axis=0))
    for path, change in first.items():
        assert_near(change, second[path])


def test_coefficients_may_be_of_a_tasks_own_weights():
    found = changes(make(), balancing=OfOwn())
    click, stars = task_changes(make)
    for path, change in found.items():
        scale = 3 * np.abs(click[path]).max() + np.abs(stars[path]).max()
        expected = 3 * click[path] + 0.5 * stars[path]
        assert_near(change, expected, scale=scale, err_msg=path)


@pytest.mark.slow
def test_an_expert_that_one_task_reads_is_its_own():
    balancing = Coefficients()
    found = changes(make(PLE), balancing=balancing)
    click, stars = task_changes(make, cls=PLE)
    num_own, products = 0, np.zeros((2, 2))
    for path, change in found.items():
        is_bank = "experts" in path
        parts = range(len(change)) if is_bank else [slice(None)]
        for part in parts:
            both = np.stack([click[path][part], stars[path][part]])
            is_shared = both[0].any() and both[1].any()
            num_own += not is_shared
            factors = np.array([3, 0.5] if is_shared else [1, 1])
            expected = np.tensordot(factors, both, 1)
            scale = 4 * np.abs(both).max()
            assert_near(change[part], expected, scale=scale, err_msg=path)
            if is_shared:
                flat = both.reshape(2, -1)
                products += flat @ flat.T
    assert num_own >= 4  # kernel and bias of an expert a task
    assert_near(balancing.seen, products)


def test_penalties_are_added_plainly():
    found = changes(make_penalized(), balancing=Coefficients())
    both = task_changes(make_penalized)
    nothing = dict.fromkeys(toy_data.SCHEMA.task_names, no_loss)
    penalty = changes(make_penalized(), loss=nothing)
    assert any(change.any() for change in penalty.values())
    for path, change in found.items():
        if not any(name in path for name in OWN):
            # The gradient of either task holds that of the penalty.
            click, stars = (task[path] - penalty[path] for task in both)
            expected = 3 * click + 0.5 * stars + penalty[path]
            scale = 4 * max(np.abs(task[path]).max() for task in both)
            assert_near(change, expected, scale=scale, err_msg=path)


def test_separate_networks_train_plainly():
    found = changes(make(SingleTask), balancing="pcgrad")
    plain = changes(make(SingleTask))
    for path, change in found.items():
        assert_near(change, plain[path])


def test_exact_adam_stays_exact():
    tables = []
    for optimizer in (SparseAdam(0.1), keras.optimizers.Adam(0.1)):
        model = make()
        model.compile(optimizer, balancing="pcgrad", **EAGER)
        for rows in (slice(0, 4), slice(4, 7), slice(2, 9), slice(8, 10)):
            inputs, labels = (
                {name: array[rows] for name, array in part.items()}
                for part in (SPLIT.inputs, SPLIT.labels)
            )
            if not isinstance(optimizer, SparseAdam):
                summed = dense_gradients(model)
            model.train_on_batch(inputs, labels)
        tables.append(model.encoder.table.numpy())
    assert summed
    np.testing.assert_allclose(*tables, rtol=1e-4, atol=1e-6)


def dense_gradients(model):
    """Keras's Adam takes duplicate rows one by one: sums them before."""
    apply = model.optimizer.apply
    if apply.__name__ == "summed":
        return True

    def summed(gradients, variables):
        apply([tf.convert_to_tensor(g) for g in gradients], variables)

    model.optimizer.apply = summed
    return True


@pytest.mark.parametrize("scale", [None, 2.0**12])
def test_half_precision_has_scaled_losses(scale):
    optimizer = keras.optimizers.SGD(1.0)
    if scale:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, scale)
    policy = "mixed_float16" if scale else "mixed_bfloat16"
    model, balancing = make(dtype=policy), Coefficients()
    model.compile(optimizer, balancing=balancing, **EAGER)
    full, exact = make(), Coefficients()
    full.compile("sgd", balancing=exact, **EAGER)
    for trained in (model, full):
        trained.train_on_batch(SPLIT.inputs, SPLIT.labels)
    np.testing.assert_allclose(balancing.seen, exact.seen, rtol=0.1, atol=0.01)


def test_an_overflow_skips_the_step():
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(1.0), initial_scale=2.0**30
    )
    model = make(dtype="mixed_float16")
    model.compile(optimizer, balancing="pcgrad", **EAGER)
    before = [weight.numpy() for weight in model.trainable_weights]
    model.train_on_batch(SPLIT.inputs, SPLIT.labels)
    for start, weight in zip(before, model.trainable_weights, strict=True):
        np.testing.assert_array_equal(start, weight)
    assert float(model.optimizer.dynamic_scale) == 2.0**29


class CarelessEncoder(keras.layers.Layer):
    """Reads a table past its method."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def call(self, inputs):
        rows = keras.ops.take(self.encoder.table, inputs["ids"], axis=0)
        return keras.ops.mean(rows, axis=1)


def test_a_table_read_in_another_way_is_refused():
    encoder = CarelessEncoder(make().encoder)
    body = SharedBottom(toy_data.SCHEMA.task_names, hidden_units=(5,))
    model = MultiTaskModel(toy_data.SCHEMA, body, encoder)
    model.compile("sgd", balancing="pcgrad", **EAGER)
    with pytest.raises(ValueError, match="needs tables that are read by `Tab"):
        model.train_on_batch(SPLIT.inputs, SPLIT.labels)
