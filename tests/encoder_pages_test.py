"""The pages of encoders list every public layer of `mtnas_tf.features`."""

import re
from pathlib import Path

import keras
import pytest

from mtnas_tf import features

DOCS = Path(__file__).parents[1] / "docs"
LAYERS = [
    name
    for name in features.__all__
    if issubclass(getattr(features, name), keras.layers.Layer)
]
ENCODERS = [name for name in LAYERS if name.endswith("Encoder")]
ENCODERS += [name for name in LAYERS if name.endswith("Encoders")]


def row(page, start):
    """The cells of the table's row that begins so."""
    text = (DOCS / page).read_text(encoding="utf-8")
    (line,) = re.findall(rf"^\| {re.escape(start)} \| (.*)$", text, re.M)
    return line


def test_there_are_encoders():
    assert {"FeatureEncoder", "TaskEncoders"} < {*ENCODERS}


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_has_a_row_that_says_when_to_use_it(name):
    gives, when = row("encoders.md", f"`{name}`").split(" | ")
    assert len(gives) > 10 and len(when) > 10


def test_extending_lists_every_encoder():
    listed = re.findall(r"`([\w.]+)`", row("extending.md", "encoder"))
    names = {name.removeprefix("mt.features.") for name in listed}
    assert names >= {*ENCODERS}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_named(name):
    assert f"`{name}`" in (DOCS / "encoders.md").read_text(
        encoding="utf-8"
    ).replace("mt.features.", "")
