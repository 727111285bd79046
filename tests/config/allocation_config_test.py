import pytest

from mtnas_tf.config import AllocationConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import override


def test_defaults_are_the_published_recipe():
    config = AllocationConfig()
    assert (len(config.components), len(config.strides)) == (7, 8)
    assert config.num_epochs == 32


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["strides="], "`allocation.strides` must hold at least 1 int"),
        (["num_filters=0"], "`allocation.num_filters` must be an int of"),
        (["dropout_rate=1"], "`allocation.dropout_rate` must lie in"),
        (["initial_probability=0"], "`allocation.initial_probability` must"),
        (["initial_probability=1"], "`allocation.initial_probability` must"),
        (["l2=-1"], "`allocation.l2` must be at least 0"),
        (["final_temperature=0"], "`allocation.final_temperature` must be"),
        (["compared=mmoe"], "`allocation.compared` must be one of.*'mmoe'"),
        (["compared=random,separate"], "must hold 'learned', whose.*random"),
        (["num_rounds=10"], "`allocation.num_rounds` must be a multiple"),
    ],
)
def test_wrong_values_are_named(values, message):
    with pytest.raises(ValueError, match=message):
        override(ExperimentConfig(), [f"allocation.{each}" for each in values])


def test_operations_of_a_component_are_joined():
    text = "allocation.components=conv3x3|conv3x3,identity"
    config = override(ExperimentConfig(), [text])
    assert config.allocation.components == ("conv3x3|conv3x3", "identity")
