"""The card of a model."""

import dataclasses

import pytest
import toy_data

from mtnas_tf.data import FieldSpec
from mtnas_tf.models import ModelCard
from mtnas_tf.presets.model_card import NOT_STATED

CARD = ModelCard(
    data="Clicks of May",
    license="CC BY 4.0",
    made="A search of an hour",
    metrics={
        "valid": {"click": {"auc": 0.75}},
        "test": {"click": {"auc": [0.7, 0.8], "log_loss": None}},
    },
    seeds=(3, 4),
    limits="One country",
)
TASKS = (
    toy_data.CLICK,
    dataclasses.replace(toy_data.BUY, requires="click"),
    dataclasses.replace(toy_data.CLICKED_LINK, name="a|b", condition="click"),
)


def test_a_full_card():
    text = CARD.to_markdown("MMoE of click", TASKS, {"Weights": 12345})
    assert text.startswith("# MMoE of click\n\nA preset of mtnas_tf ")
    for line in (
        "## Licence of the data",
        "CC BY 4.0",
        "| click | binary | 1 |  |",
        "| buy | binary | 1 | implies click |",
        "| a\\|b | multiclass | 4 | counts where click |",
        "| valid | click | auc | 0.7500 |",
        "| test | click | auc | 0.7500 ± 0.0707 |",
        "| test | click | log_loss | undefined |",
        "±: standard deviation over trainings of the seeds 3, 4.",
        "- Weights: 12,345",
        "A search of an hour",
        "One country",
    ):
        assert f"\n{line}\n" in text
    assert NOT_STATED not in text


def test_columns_and_how_they_are_read():
    fields = (
        *toy_data.SCHEMA.fields,
        FieldSpec(name="price", kind="float", mean=9.25, scale=3),
        FieldSpec(name="hour", kind="float", boundaries=(6, 12.5)),
        FieldSpec(name="seen|liked", max_length=5, rows_of="item"),
    )
    text = ModelCard().to_markdown("MMoE", TASKS, {"Weights": 1}, fields)
    for line in (
        "## Columns",
        "| user | string | hashed |",
        "| x | 2 floats | as it is |",
        "| age | integer | one of 3 known values, or another |",
        "| price | float | (value - 9.25) / 3 |",
        "| hour | float | one of 3 buckets |",
        "| seen\\|liked | list, its last 5: string | the values of item |",
        "predictions = model.predict(model.schema.preprocessor(rows))",
    ):
        assert f"\n{line}\n" in text


def test_a_model_of_images_has_no_columns():
    text = ModelCard().to_markdown("AllocationNet", TASKS, {})
    assert "## Columns" not in text and "preprocessor" not in text
    assert '"path/of/this/directory")\n```\n' in text


def test_what_is_left_out_is_not_stated():
    text = ModelCard().to_markdown("MMoE", TASKS, {"Weights": 1})
    for heading in (
        "Data",
        "Licence of the data",
        "Metrics",
        "How it was made",
        "Limits",
    ):
        assert f"## {heading}\n\n{NOT_STATED}\n" in text


def test_one_seed_tells_no_spread():
    scores = {"test": {"click": {"auc": [0.7]}}}
    card = ModelCard(metrics=scores, seeds=(3,))
    text = card.to_markdown("MMoE", TASKS, {})
    assert "| test | click | auc | 0.7000 |" in text
    assert "Of one training of seed 3" in text


def test_a_number_for_each_seed():
    with pytest.raises(ValueError, match="2 of 'auc' of 'click'.*seeds=()"):
        ModelCard(metrics={"test": {"click": {"auc": [0.7, 0.8]}}})
