import numpy as np
import pytest
from checks import assert_same_weights
from checks import randomize
from checks import relu
from tolerances import assert_near
from toy_data import SCHEMA
from toy_data import make_split

from mtnas_tf.derive import recalibrate
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route

CHAIN = Route(
    2,
    1,
    {
        "s2": BlockRoute(("s1",)),
        "click": BlockRoute(("s2",)),
        "stars": BlockRoute(("s2",)),
    },
)
EPSILON = 1e-3


def make_model(normalization="batch", **kwargs):
    model = SparseRouteModel(
        SCHEMA,
        CHAIN,
        units=3,
        embedding_dim=4,
        stem_units=5,
        normalization=normalization,
        **kwargs,
    )
    randomize(model)
    return model


def banks_of(model):
    return (model.body.stem.bank, *model.body.banks)


def make_batches(sizes=(5, 6, 4)):
    splits = [make_split(size, seed=size) for size in sizes]
    return [(split.inputs, split.labels) for split in splits]


def batch_moments(model, inputs):
    """Mean and variance of every bank on one batch, as in training."""
    x = model.encoder(inputs).numpy()
    moments = []
    for bank in banks_of(model):
        z = x @ bank.kernel.numpy()[0] + bank.bias.numpy()[0]
        mean, variance = z.mean(axis=0), z.var(axis=0)
        moments.append((mean, variance))
        z = (z - mean) / np.sqrt(variance + EPSILON)
        x = relu(z * bank.norm.gamma.numpy()[0] + bank.norm.beta.numpy()[0])
    return moments


def assert_averages(model, batches):
    moments = [batch_moments(model, inputs) for inputs, _ in batches]
    for index, bank in enumerate(banks_of(model)):
        mean, variance = np.mean([m[index] for m in moments], axis=0)
        norm = bank.norm
        assert_near(norm.moving_mean[0], mean)
        assert_near(norm.moving_variance[0], variance)


def test_averages_are_plain():
    model = make_model()
    batches = make_batches()
    recalibrate(model, batches)
    assert_averages(model, batches)


def test_reads_no_more_batches_than_asked():
    model = make_model()
    batches = make_batches()
    remaining = iter(batches)
    recalibrate(model, remaining, num_batches=2)
    assert_averages(model, batches[:2])
    assert next(remaining) is batches[2]


def test_touches_nothing_else():
    model, untouched = make_model(), make_model()
    momenta = (0.5, 0.6, 0.7)
    norms = [bank.norm for bank in banks_of(model)]
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    recalibrate(model, make_batches())
    assert tuple(norm.momentum for norm in norms) == momenta
    for weight, same in zip(model.weights, untouched.weights, strict=True):
        moved = not np.array_equal(weight, same)
        assert moved == (weight.name in ("moving_mean", "moving_variance"))


def test_repeats():
    first, second = make_model(), make_model()
    recalibrate(first, make_batches())
    for _ in range(2):
        recalibrate(second, make_batches())
    assert_same_weights(first, second)


@pytest.mark.parametrize("normalization", [None, "layer"])
def test_does_nothing_without_batch_normalization(normalization):
    model, untouched = make_model(normalization), make_model(normalization)
    batches = iter(make_batches())
    recalibrate(model, batches)
    assert_same_weights(model, untouched)
    assert len(list(batches)) == 3


@pytest.mark.parametrize(("num_given", "num_batches"), [(0, 2), (2, 0)])
def test_no_batches(num_given, num_batches):
    model, untouched = make_model(), make_model()
    batches = make_batches()[:num_given]
    with pytest.raises(ValueError, match="`batches` must hold at least one"):
        recalibrate(model, batches, num_batches)
    assert_same_weights(model, untouched)
