import keras
import numpy as np
import pytest

from mtnas_tf.metrics import ExpectedCalibrationError
from mtnas_tf.metrics import reliability_bins

NAN = float("nan")


@pytest.mark.parametrize("binning", ["equal_mass", "equal_width"])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_batches_give_the_value_of_all_rows(binning, is_weighted):
    rng = np.random.default_rng(0)
    labels = rng.choice([0, 1, NAN], 60)
    probs = rng.random(60).astype(np.float32)
    weights = rng.uniform(0, 2, 60) if is_weighted else None
    metric = ExpectedCalibrationError(4, binning)
    for rows in (slice(0, 23), slice(23, 60)):
        metric.update_state(
            labels[rows], probs[rows], weights[rows] if is_weighted else None
        )
    bins = reliability_bins(labels, probs, weights, 4, binning)
    assert len(bins.counts) == 4
    assert metric.result() == pytest.approx(bins.error, abs=1e-12)
    metric.reset_state()
    assert np.isnan(metric.result())


def test_a_known_shift_is_found():
    rng = np.random.default_rng(0)
    rates = rng.uniform(0.1, 0.6, 200_000)
    labels = rng.random(200_000) < rates
    for binning in ("equal_mass", "equal_width"):
        right = ExpectedCalibrationError(binning=binning)
        right.update_state(labels, rates)
        assert right.result() < 0.01
        shifted = ExpectedCalibrationError(binning=binning)
        shifted.update_state(labels, rates + 0.2)
        assert shifted.result() == pytest.approx(0.2, abs=0.01)


def test_wide_bins_hide_what_bins_of_equal_mass_show():
    # Rates of .001 and .003, predicted the wrong way round.
    labels = np.zeros(20_000)
    labels[:10] = labels[10_000:10_030] = 1
    probs = np.repeat([0.003, 0.001], 10_000)
    errors = {}
    for binning in ("equal_mass", "equal_width"):
        metric = ExpectedCalibrationError(binning=binning)
        metric.update_state(labels, probs)
        errors[binning] = metric.result()
    assert errors == {
        "equal_mass": pytest.approx(0.002),
        "equal_width": pytest.approx(0.0, abs=1e-12),
    }


def test_serialisation_round_trip():
    metric = ExpectedCalibrationError(7, "equal_width", name="gap")
    copy = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert isinstance(copy, ExpectedCalibrationError)
    assert copy.get_config() == metric.get_config()


def test_wrong_arguments_are_named_at_once():
    with pytest.raises(ValueError, match="`num_bins` must.*num_bins=-1"):
        ExpectedCalibrationError(-1)
