import re

import numpy as np

from mtnas_tf.plots.difference_plot import _linear_width
from mtnas_tf.plots.difference_plot import draw_differences


def test_every_label_and_quantity_is_written(tmp_path):
    panels = {
        "score": {"ple": (-0.1, 0.01), "cgc": (0.002, np.nan)},
        "loss": {"cgc": (0.0, 0.0), "ple": (0.1, 0.01)},
    }
    path = tmp_path / "differences.svg"
    draw_differences(panels, path, "Books")
    # Matplotlib writes every text as a comment beside its shapes.
    texts = re.findall(r"<!-- (.*?) -->", path.read_text())
    for text in ("score", "loss", "Books", "0"):
        assert text in texts
    assert [text for text in texts if text in ("ple", "cgc")] == ["ple", "cgc"]


def test_most_differences_are_beyond_the_linear_part():
    assert _linear_width([-0.1, 0.0, 0.005]) == 0.001
    assert 0 < _linear_width([0.0, 0.0]) < 1e-5
