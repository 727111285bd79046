import math
import re

import numpy as np

from mtnas_tf.plots.pair_plot import draw_pairs
from mtnas_tf.plots.trials_plot import draw_trials


def ids(path, kind):
    return re.findall(rf'id="({kind}-[-\d]+)"', path.read_text())


def test_every_trial_is_a_mark(tmp_path):
    path = tmp_path / "trials.svg"
    trials = [(1, 0.5, 0.1), (2, 0.4, math.nan), (3, math.inf, math.nan)]
    panels = {"mmoe": trials, "ple": trials[:1], "failed": trials[2:]}
    expected = ["trial-0-0", "trial-0-1", "trial-0-2", "trial-1-0", "trial-2-0"]
    draw_trials(panels, path, "Books", "trial")
    assert sorted(ids(path, "trial")) == expected
    draw_trials(panels, path, "Books", "learning rate", (1.0, 5.0))
    assert sorted(ids(path, "trial")) == expected
    texts = re.findall(r"<!-- (.*?) -->", path.read_text())
    for text in ("mmoe", "ple", "failed", "learning rate", "validation loss"):
        assert text in texts


def test_every_pair_is_a_mark_and_a_number(tmp_path):
    path = tmp_path / "pairs.svg"
    gains = np.array([[np.nan, 0.25], [-0.5, np.nan]])
    panels = {"gain": gains, "cosine": gains / 2}
    draw_pairs(["click", "buy"], panels, path, "Books", digits=3)
    places = ("0-0", "0-1", "1-0", "1-1")
    assert ids(path, "pair") == [
        f"pair-{panel}-{place}" for panel in (0, 1) for place in places
    ]
    texts = re.findall(r"<!-- (.*?) -->", path.read_text())
    for text in ("+0.250", "\u22120.500", "+0.125", "gain", "cosine"):
        assert text.replace("\u2212", "-") in [
            each.replace("\u2212", "-") for each in texts
        ]
    assert not any("nan" in each for each in texts)
