import matplotlib.axes
import numpy as np
import pytest

from mtnas_tf.metrics import reliability_bins
from mtnas_tf.plots.reliability_plot import draw_reliability

NAN = float("nan")
RNG = np.random.default_rng(0)
PROBS = {"click": RNG.random((200, 1)), "buy": RNG.beta(1, 50, (200, 1))}
LABELS = {
    name: (RNG.random((200, 1)) < probs).astype("f")
    for name, probs in PROBS.items()
}
LABELS["click"][0] = NAN


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_plot_is_written(tmp_path, suffix):
    path = tmp_path / f"reliability.{suffix}"
    draw_reliability(LABELS, PROBS, path)
    assert path.stat().st_size > 1000


@pytest.fixture
def drawn(monkeypatch):
    """What is drawn on axes: (method, arguments, keyword arguments)."""
    calls = []
    for name in ("set_title", "errorbar", "bar"):
        method = getattr(matplotlib.axes.Axes, name)

        def record(self, *args, _name=name, _method=method, **kwargs):
            calls.append((_name, args, kwargs))
            return _method(self, *args, **kwargs)

        monkeypatch.setattr(matplotlib.axes.Axes, name, record)
    return calls


def test_panels_show_rates_counts_and_errors(tmp_path, drawn):
    draw_reliability(LABELS, PROBS, tmp_path / "x.svg", 4, "equal_width")
    for index, task in enumerate(LABELS):
        bins = reliability_bins(
            LABELS[task], PROBS[task], None, 4, "equal_width"
        )
        title, rates, counts = (
            [args for name, args, _ in drawn if name == called][index]
            for called in ("set_title", "errorbar", "bar")
        )
        assert title == (f"{task}: ECE {bins.error:.4f}",)
        np.testing.assert_array_equal(rates[0], bins.predicted)
        np.testing.assert_array_equal(rates[1], bins.observed)
        np.testing.assert_array_equal(counts[0], bins.lowest)
        np.testing.assert_array_equal(counts[1], bins.counts)


def test_a_bin_of_one_class_is_not_certain_of_its_rate(tmp_path, drawn):
    labels, probs = {"click": [0.0, 0.0]}, {"click": [0.0, 0.0]}
    draw_reliability(labels, probs, tmp_path / "x.svg")
    (errors,) = [kw["yerr"] for name, _, kw in drawn if name == "errorbar"]
    # One of four: the two rows, and one more of each class.
    np.testing.assert_allclose(errors, [np.sqrt(0.25 * 0.75 / 4)])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({}, "`labels` must hold a task"),
        ({"click": [NAN]}, "`labels` of task 'click' must hold observed"),
    ],
)
def test_nothing_to_draw_is_named(tmp_path, labels, message):
    with pytest.raises(ValueError, match=message):
        draw_reliability(labels, {"click": [0.5]}, tmp_path / "x.svg")
