import numpy as np
import pytest
from tiny_experiment import CONFIG

from mtnas_tf.config import Sweep
from mtnas_tf.config import with_section
from mtnas_tf.data import RowSplit
from mtnas_tf.experiment.comparison.compare import compare
from mtnas_tf.experiment.verbs import compare as compare_verb
from mtnas_tf.experiment.verbs import sweep as sweep_verb

BY_TIME = with_section(
    CONFIG, "table", path="log.csv", split="time", split_column="day"
)
REFUSED = "`num_splits` must be 1 for a table that is split by time.*=3"


def places(kind, seed):
    """Where the rows of forty days go."""
    days = {"day": list(range(40))}
    split = RowSplit(kind=kind, column="day", seed=seed)
    ((_, found),) = split.deal([days], days.get)
    return found


def test_there_is_one_split_by_time():
    assert np.array_equal(places("time", 0), places("time", 1))
    assert not np.array_equal(places("id", 0), places("id", 1))


def test_a_split_by_time_is_not_repeated(tmp_path):
    with pytest.raises(ValueError, match=REFUSED):
        compare(BY_TIME, 1, 3, load=None)
    workdir = tmp_path / "run"
    with pytest.raises(ValueError, match=REFUSED):
        compare_verb.compare(BY_TIME, 1, workdir, num_splits=3)
    plan = Sweep(title="", config=BY_TIME, variants={})
    with pytest.raises(ValueError, match=REFUSED):
        sweep_verb.sweep(plan, 1, workdir, num_splits=3)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(("split", "number"), [("id", 3), ("time", 1)])
def test_other_splits_are_compared(split, number):
    config = with_section(BY_TIME, "table", split=split)

    def load(_):
        raise LookupError("the data are loaded")

    with pytest.raises(LookupError):
        compare(config, 1, number, load=load)


@pytest.mark.parametrize("name", ["kuairand/pure", "kuairand/pure_all"])
def test_a_split_by_time_is_not_averaged_with_random_ones(name):
    def load(_):
        raise LookupError("the data are loaded")

    own = with_section(CONFIG, "data", name=name, split_seed=0)
    with pytest.raises(ValueError, match="`num_splits` must be 1 where.*=2 of"):
        compare(own, 1, 2, load=load)
    for config, number in [
        (own, 1),
        (with_section(own, "data", split_seed=1), 2),
        (with_section(own, "data", name="census_income"), 2),
        (with_section(own, "table", path="log.csv"), 2),
    ]:
        with pytest.raises(LookupError):
            compare(config, 1, number, load=load)
