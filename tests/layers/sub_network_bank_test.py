import checks
import numpy as np
import pytest
from checks import relu
from tolerances import assert_near

from mtnas_tf.layers import SubNetworkBank

BATCH, INPUT_DIM, BANK, UNITS, ROUTES = 3, 4, 5, 2, 6
RNG = np.random.default_rng(0)
SHARED = RNG.normal(size=(BATCH, INPUT_DIM)).astype("f")
PRIVATE = RNG.normal(size=(BATCH, BANK, INPUT_DIM)).astype("f")
DENSE = {"kernel": (BANK, INPUT_DIM, UNITS), "bias": (BANK, UNITS)}
NORM = {"gamma": (BANK, UNITS), "beta": (BANK, UNITS)}
MOMENTS = {"moving_mean": (BANK, UNITS), "moving_variance": (BANK, UNITS)}


@pytest.mark.parametrize(
    ("normalization", "trainable", "non_trainable"),
    [
        (None, DENSE, {}),
        ("layer", DENSE | NORM, {}),
        ("batch", DENSE | NORM, MOMENTS),
    ],
)
@pytest.mark.parametrize("inputs", [SHARED, PRIVATE])
def test_contract(inputs, normalization, trainable, non_trainable, tmp_path):
    checks.check_layer(
        SubNetworkBank,
        {
            "num_subnetworks": BANK,
            "units": UNITS,
            "normalization": normalization,
        },
        (inputs,),
        (BATCH, BANK, UNITS),
        trainable,
        non_trainable,
        path=tmp_path,
    )


def test_contract_with_inputs_that_neighbours_share(tmp_path):
    checks.check_layer(
        SubNetworkBank,
        {"num_subnetworks": 6, "units": UNITS},
        (RNG.normal(size=(BATCH, 2, INPUT_DIM)).astype("f"),),
        (BATCH, 6, UNITS),
        {"kernel": (6, INPUT_DIM, UNITS), "bias": (6, UNITS)},
        path=tmp_path,
    )


def make_bank(input_shape, num_subnetworks=BANK, **kwargs):
    bank = SubNetworkBank(num_subnetworks, UNITS, **kwargs)
    bank.build(input_shape)
    checks.randomize(bank)
    return bank


def test_shared_input_reaches_every_sub_network():
    bank = make_bank(SHARED.shape)
    outputs = bank(SHARED)
    for k in range(BANK):
        expected = relu(SHARED @ bank.kernel[k].numpy() + bank.bias[k].numpy())
        assert_near(outputs[:, k], expected)


def test_private_inputs_with_a_leading_axis_of_routes():
    inputs = RNG.normal(size=(ROUTES, *PRIVATE.shape)).astype("f")
    bank = make_bank(PRIVATE.shape)
    outputs = bank(inputs)
    assert outputs.shape == (ROUTES, BATCH, BANK, UNITS)
    assert bank.compute_output_shape(inputs.shape) == outputs.shape
    for route in range(ROUTES):
        for k in range(BANK):
            x = inputs[route, :, k] @ bank.kernel[k].numpy()
            expected = relu(x + bank.bias[k].numpy())
            assert_near(outputs[route, :, k], expected)


@pytest.mark.parametrize("routes", [(), (ROUTES,)])
@pytest.mark.parametrize(
    ("num_inputs", "size"), [(1, 1), (1, 6), (2, 6), (3, 6)]
)
def test_each_input_is_read_by_as_many_neighbours(num_inputs, size, routes):
    shape = (*routes, BATCH, num_inputs, INPUT_DIM)
    inputs = RNG.normal(size=shape).astype("f")
    bank = make_bank(shape, num_subnetworks=size)
    outputs = bank(inputs).numpy()
    assert outputs.shape == (*routes, BATCH, size, UNITS)
    assert bank.compute_output_shape(shape) == outputs.shape
    for k in range(size):
        read = inputs[..., k // (size // num_inputs), :]
        x = read @ bank.kernel[k].numpy() + bank.bias[k].numpy()
        assert_near(outputs[..., k, :], relu(x))


def test_normalization_comes_before_the_relu():
    bank = make_bank(SHARED.shape, normalization="batch")
    outputs = bank(SHARED, use_batch_statistics=True)
    for k in range(BANK):
        x = SHARED @ bank.kernel[k].numpy() + bank.bias[k].numpy()
        x = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-3)
        expected = relu(
            x * bank.norm.gamma[k].numpy() + bank.norm.beta[k].numpy()
        )
        assert_near(outputs[:, k], expected)


def test_dropout_acts_in_training_alone():
    bank = make_bank(SHARED.shape, dropout_rate=0.5)
    kept = bank(SHARED).numpy()
    dropped = bank(SHARED, training=True).numpy()
    is_zero = dropped == 0
    assert 0 < is_zero[kept > 0].mean() < 1
    assert_near(dropped[~is_zero], 2 * kept[~is_zero])


def test_kernels_start_as_glorot_uniform_of_one_sub_network():
    bank = SubNetworkBank(40, 20)
    bank.build((None, 10))
    limit = np.sqrt(6 / (10 + 20))
    largest = np.abs(bank.kernel.numpy()).max()
    assert 0.98 * limit < largest <= limit
    assert not bank.bias.numpy().any()


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_subnetworks": 0, "units": 1}, "Received: num_subnetworks=0"),
        (
            {"num_subnetworks": 1, "units": 0},
            "`units` must be an int of at least 1.*=0",
        ),
        (
            {"num_subnetworks": 1, "units": 1, "normalization": "group"},
            "`normalization` must be one of.*='group'",
        ),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        SubNetworkBank(**kwargs)
