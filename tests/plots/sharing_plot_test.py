"""What is written in the plots of who reads what."""

import re

import pytest

from mtnas_tf.plots import draw_expert_use
from mtnas_tf.plots import draw_sharing
from mtnas_tf.plots import draw_sharing_history
from mtnas_tf.plots.palette import AMOUNTS
from mtnas_tf.plots.palette import SIGNED
from mtnas_tf.plots.palette import VERMILION
from mtnas_tf.plots.sharing_colors import scale_of
from mtnas_tf.routes import SharingMatrix

NAN = float("nan")
READERS, SOURCES = ("click", "buy"), ("s1", "s2", "s3")
WEIGHTS = [[0.62, 0.37, 0.01], [NAN, 0.97, 0.03]]
GATES = SharingMatrix(
    "experts",
    READERS,
    SOURCES,
    WEIGHTS,
    "mean gate weight",
    top_shares=[[0.9, 0.1, 0.0], [NAN, 1.0, 0.0]],
)
CHOSEN = SharingMatrix(
    "layer 1",
    READERS,
    SOURCES,
    [[0.5, 0.5, 0], [0, 1, 0]],
    "share",
    probs=[[0.7, 0.6, 0.1], [0.2, 0.8, 0.3]],
)


def texts(path):
    """Matplotlib writes every text as a comment beside its shapes."""
    return re.findall(r"<!-- (.*?) -->", path.read_text())


def test_cells_hold_weights_and_shares_of_rows(tmp_path):
    path = tmp_path / "sharing.svg"
    draw_sharing([GATES], path, "MMoE on toy")
    written = texts(path)
    numbers = [t for t in written if re.fullmatch(r"\d\.\d\d|\d+%", t)]
    assert numbers == (
        "0.62 90% 0.37 10% 0.01 0% 0.97 100% 0.03 0%".split()
    )  # and nothing where nothing can be read
    assert {"MMoE on toy", "experts", "mean gate weight"} <= set(written)
    assert {*READERS, *SOURCES, "what is read", "read by"} <= set(written)
    assert "grey: cannot be read" in written[-2] + written[-1]


def test_what_is_chosen_is_framed(tmp_path):
    path = tmp_path / "sharing.svg"
    draw_sharing([CHOSEN], path, "Gumbel allocation")
    assert path.read_text().count(f"stroke: {VERMILION.lower()}") == 3
    numbers = [t for t in texts(path) if re.fullmatch(r"\d\.\d\d", t)]
    assert numbers == "0.70 0.60 0.10 0.20 0.80 0.30".split()


def test_the_dead_are_named(tmp_path):
    path = tmp_path / "use.svg"
    sharing = {"MMoE": [GATES], "single task": [], "Gumbel": [CHOSEN, GATES]}
    draw_expert_use(sharing, path, "Use")
    written = texts(path)
    assert [text for text in written if "dead" in text][1:] == [
        "1 of 3 dead: s3",
        "1 of 3 dead: s3",
        "1 of 3 dead: s3",
    ]
    assert {"MMoE", "Gumbel, layer 1", "Gumbel, experts"} <= set(written)
    assert "grey: dead, below 0.1; dashed: an equal share" in written


def test_epochs_have_a_panel_for_each_reader(tmp_path):
    path = tmp_path / "epochs.svg"
    draw_sharing_history([[CHOSEN, GATES]] * 3, path, "Epochs")
    written = texts(path)
    assert [text for text in written if text.startswith("read by")] == [
        "read by click",
        "read by buy",
    ] * 2
    assert "probability" in written


def test_nothing_to_draw_is_refused(tmp_path):
    for draw, nothing in (
        (draw_sharing, []),
        (draw_sharing_history, [[]]),
        (draw_expert_use, {"single task": []}),
    ):
        with pytest.raises(ValueError, match="must hold"):
            draw(nothing, tmp_path / "none.svg", "None")


def test_weights_below_0_have_a_hue_of_their_own():
    norm, colors = scale_of([GATES])
    assert (norm.vmin, norm.vmax, colors) == (0, 1, AMOUNTS)
    signed = SharingMatrix("1", ["a"], ["b", "c"], [[1.5, -0.1]], "mixing")
    norm, colors = scale_of([GATES, signed])
    assert (norm.vmin, norm.vmax, colors) == (-1.5, 1.5, SIGNED)
