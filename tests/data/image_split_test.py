import dataclasses

import numpy as np
import pytest
import toy_images

SPLIT = toy_images.make_split(2)


def test_images_of_a_task_are_one_after_the_other_in_their_order():
    tasks = SPLIT.tasks
    ordered = SPLIT.by_task
    for name in ("images", "tasks", "labels"):
        parts = [getattr(SPLIT, name)[tasks == task] for task in range(3)]
        np.testing.assert_array_equal(
            getattr(ordered, name), np.concatenate(parts)
        )
    assert SPLIT.counts(3).tolist() == [4, 8, 6]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": SPLIT.images / 255}, "`images` must be uint8.*float64"),
        ({"images": SPLIT.images[:, 1:]}, r"`images` must.*\(18, 5, 5, 1\)"),
        ({"labels": SPLIT.labels[1:]}, r"`labels` must have shape \(18,\)"),
        ({"tasks": SPLIT.tasks + 1}, r"`tasks` must lie in \[0, 3\).*: 3 of"),
        ({"tasks": SPLIT.tasks % 2}, "an image of every task.*none of `n_ko`"),
        ({"labels": SPLIT.labels * 0 + 3}, r"`labels` must lie in \[0, [23]\)"),
        ({"labels": SPLIT.labels - 1}, "`labels` must lie in.*: -1 of image"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes, message):
    SPLIT.check(toy_images.SCHEMA)
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SPLIT, **changes).check(toy_images.SCHEMA)
