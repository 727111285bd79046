import itertools

import pytest

from mtnas_tf.experiment.advice.groupings import groupings
from mtnas_tf.experiment.advice.groupings import name_of
from mtnas_tf.experiment.advice.groupings import pair_alone


@pytest.mark.parametrize(
    ("count", "expected"), [(2, 2), (3, 5), (4, 15), (5, 17), (7, 30)]
)
def test_every_task_is_in_one_group(count, expected):
    tasks = tuple("abcdefg"[:count])
    found = groupings(tasks)
    # Bell numbers up to four; then 1 + count + pairs + 1.
    assert len({*map(name_of, found)}) == len(found) == expected
    for grouping in found:
        assert sorted(itertools.chain(*grouping)) == [*tasks]
    assert found[0] == (tasks,)
    assert found[-1] == tuple((task,) for task in tasks)


@pytest.mark.parametrize("count", [2, 3, 4, 6])
def test_a_pair_by_itself_is_one_of_them(count):
    tasks = "abcdef"[:count]
    names = [*map(name_of, groupings(tasks))]
    for pair in itertools.combinations(tasks, 2):
        assert name_of(pair_alone(tasks, pair)) in names
    assert name_of(pair_alone("abc", ("b", "c"))) == "a | b+c"
