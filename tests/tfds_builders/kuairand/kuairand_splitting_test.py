import numpy as np
import pytest

from tfds_builders.kuairand import splitting


def not_held_out():
    return next(u for u in range(99) if not splitting.is_held_out(u))


@pytest.mark.parametrize(
    ("date", "split"),
    [
        (20220408, "train"),
        (20220425, "train"),
        (20220504, "train"),
        (20220505, "valid"),
        (20220506, "valid"),
        (20220507, "test"),
        (20220508, "test"),
    ],
)
def test_days_of_the_splits(date, split):
    assert splitting.split_of(not_held_out(), date) == split
    assert splitting.split_of(0, date) == "holdout"  # whatever the day


def test_random_log_has_a_hold_out_of_the_same_users():
    for user in range(50):
        held = splitting.split_of_random(user) == "holdout_random"
        assert held == (splitting.split_of(user, 20220501) == "holdout")


def test_the_hold_out_never_changes():
    # Another hash would deal rows that results were chosen on to the hold-out.
    held = [user for user in range(60) if splitting.is_held_out(user)]
    assert held == [0, 20, 32, 35, 37, 47, 56]


def test_share_of_users_held_out():
    num_users = 20_000
    share = np.mean([splitting.is_held_out(u) for u in range(num_users)])
    assert share == pytest.approx(
        0.15, abs=5 * (0.15 * 0.85 / num_users) ** 0.5
    )


def row(user, video, time, **others):
    return {"user_id": user, "video_id": video, "time_ms": time, **others}


def test_rows_of_another_user_video_or_time_are_no_repeats():
    shift = 2**63  # of one column, as large as another's unit
    rows = [row(u, v, t) for u in (0, 1) for v in (0, 1) for t in (-1, 0, 1)]
    rows += [row(0, shift - 1, 0), row(1, 0, -(10**18)), row(0, 0, 10**18)]
    keyed = list(zip("abcdefghijklmno", rows, strict=True))
    assert list(splitting.first_of_each_impression(keyed)) == keyed


def test_a_repeat_is_left_out_whatever_its_other_columns():
    first, other = row(1, 2, 3, hour=5), row(1, 2, 4, hour=5)
    rows = [("a", first), ("b", other), ("c", row(1, 2, 3, hour=6))]
    assert list(splitting.first_of_each_impression(rows)) == rows[:2]
