import numpy as np
import pandas as pd
import pytest

from mtnas_tf.data import RowSplit

FRAME = pd.DataFrame(
    {
        "user": [f"u{i % 300}" for i in range(3000)],
        "time": np.random.default_rng(0).permutation(3000) // 3,
    }
)


def deal(split, frame=FRAME, chunk=None):
    """Places of all rows."""
    size = chunk or len(frame)
    frames = [frame[i : i + size] for i in range(0, len(frame), size)]
    parts = list(split.deal(frames, frame.__getitem__))
    assert pd.concat([part for part, _ in parts]).equals(frame)
    return np.concatenate([places for _, places in parts])


SPLITS = {
    "random": RowSplit(),
    "id": RowSplit(kind="id", column="user"),
    "time": RowSplit(kind="time", column="time"),
}


@pytest.mark.parametrize("kind", SPLITS)
def test_shares_are_near_the_fractions(kind):
    shares = np.bincount(deal(SPLITS[kind])) / 3000
    slack = {"random": 0.02, "id": 0.06, "time": 0.001}[kind]
    np.testing.assert_allclose(shares, [0.8, 0.1, 0.1], atol=slack)


@pytest.mark.parametrize("kind", SPLITS)
@pytest.mark.parametrize("chunk", [1, 7, 2999])
def test_chunks_make_no_difference(kind, chunk):
    expected = deal(SPLITS[kind], FRAME[:300])
    received = deal(SPLITS[kind], FRAME[:300], chunk)
    np.testing.assert_array_equal(received, expected)


def test_rows_of_an_id_stay_together():
    places = deal(SPLITS["id"])
    assert (
        FRAME.assign(place=places).groupby("user").place.nunique() == 1
    ).all()
    # A value has its place in any other table, too.
    some = FRAME[FRAME.user.isin(["u3", "u4"])]
    expected = places[FRAME.user.isin(["u3", "u4"])]
    np.testing.assert_array_equal(deal(SPLITS["id"], some), expected)


def test_the_oldest_rows_train():
    times = FRAME.time.to_numpy()
    train, valid, test = (times[deal(SPLITS["time"]) == i] for i in range(3))
    assert train.max() < valid.min() <= valid.max() < test.min()


@pytest.mark.parametrize("kind", ["random", "id"])
def test_another_seed_deals_anew(kind):
    split = SPLITS[kind]
    other = RowSplit(kind=kind, column=split.column, seed=1)
    assert (deal(other) != deal(split)).mean() > 0.1


def test_dates_are_times():
    dates = pd.to_datetime("2020-01-01") + pd.to_timedelta(FRAME.time, "D")
    frame = FRAME.assign(time=dates)
    expected = deal(SPLITS["time"])
    np.testing.assert_array_equal(deal(SPLITS["time"], frame), expected)


def test_draws_are_not_those_of_a_generator_of_the_same_seed():
    # A user's own mask may have been drawn so.
    users = np.random.default_rng(0).random(3000) < 0.75
    places = deal(RowSplit(seed=0))
    shares = [users[places == index].mean() for index in range(3)]
    np.testing.assert_allclose(shares, 0.75, atol=0.08)


@pytest.mark.parametrize("form", ["%-m/%-d/%Y", "%Y-%m-%d", "%d.%m.%Y"])
def test_texts_of_dates_are_times(form):
    dates = pd.to_datetime("2020-01-01") + pd.to_timedelta(FRAME.time, "D")
    expected = deal(SPLITS["time"])
    for column in (
        dates.dt.strftime(form),
        dates.dt.strftime(form).astype("category"),
    ):
        frame = FRAME.assign(time=column)
        np.testing.assert_array_equal(deal(SPLITS["time"], frame), expected)


def test_numbers_kept_as_texts_are_times():
    expected = deal(SPLITS["time"])
    frame = FRAME.assign(time=FRAME.time.astype(str))
    np.testing.assert_array_equal(deal(SPLITS["time"], frame), expected)


def test_dates_that_can_be_read_in_two_ways_are_refused():
    frame = FRAME[:3].assign(time=["1/2/2020", "3/4/2020", "5/6/2020"])
    with pytest.raises(ValueError, match="Column `time`.*in one way"):
        deal(SPLITS["time"], frame)


def test_an_id_has_its_place_whatever_its_type():
    split = RowSplit(kind="id", column="user")
    users = FRAME.time
    expected = deal(split, FRAME.assign(user=users))
    for column in (
        users.astype(str),
        users.astype(float),
        users.astype("float32"),
        users.astype(object),
        users.map("{:04d}".format),  # one id as a field of integers
    ):
        frame = FRAME.assign(user=column)
        np.testing.assert_array_equal(deal(split, frame), expected)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"kind": "date"}, "`kind` must be one of.*kind='date'"),
        ({"kind": "id"}, "`column` must be given.*column=None, kind='id'"),
        ({"column": "x"}, "`column` must be given.*'x', kind='random'"),
        ({"fractions": (0.9, 0.1, 0.1)}, "`fractions` must be three positive"),
        ({"fractions": (0.9, 0.1)}, "`fractions` must be three positive"),
        ({"fractions": (0.9, 0.1, 0.0)}, "`fractions` must be three positive"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        RowSplit(**kwargs)


@pytest.mark.parametrize("value", [pd.Timestamp("2020-01-01"), ["a"]])
def test_ids_are_texts_or_integers(value):
    frame = FRAME[:3].assign(user=[value] * 3)
    with pytest.raises(ValueError, match="Column `user`, which splits the row"):
        deal(SPLITS["id"], frame)


@pytest.mark.parametrize("kind", ["id", "time"])
def test_a_row_without_a_value_is_named(kind):
    column = SPLITS[kind].column
    frame = FRAME[:9].astype({column: object})
    frame.loc[4, column] = None
    with pytest.raises(ValueError, match=f"Row 4: column `{column}`.*none"):
        deal(SPLITS[kind], frame)


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="`column` must be.*'user', with"):
        deal(SPLITS["id"], FRAME[["time"]])


def test_a_column_without_times():
    frame = FRAME[:3].assign(time=[None] * 3)
    with pytest.raises(ValueError, match="Column `time` must hold times"):
        deal(SPLITS["time"], frame)
