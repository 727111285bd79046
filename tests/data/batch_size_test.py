import pytest
from toy_data import SCHEMA
from toy_data import make_split

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import StreamedData
from mtnas_tf.data.batch_size import default_batch_size


@pytest.mark.parametrize(
    ("num_rows", "expected"),
    [
        (10**7, 512),
        (32768, 512),
        (32767, 256),
        (16384, 256),
        (4000, 32),
        (1280, 32),
        (33, 32),
        (32, 32),
        (5, 5),
        (1, 1),
    ],
)
def test_default_batch_size(num_rows, expected):
    assert default_batch_size(num_rows) == expected


@pytest.mark.parametrize("kind", [MultiTaskData, StreamedData])
@pytest.mark.parametrize(("num_rows", "steps"), [(200, 6), (20, 1)])
def test_data_choose_it_by_their_rows(kind, num_rows, steps):
    data = kind(SCHEMA, make_split(num_rows), make_split(9), make_split(7))
    assert data.steps_per_epoch == steps
    assert len(list(data.train)) == steps
