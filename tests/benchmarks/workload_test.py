import numpy as np

from benchmarks.workload import Workload

SIZES = {"vocabulary": 100, "batch_size": 8, "num_examples": 50}


def test_every_process_gets_the_same_data():
    one, other = Workload(**SIZES), Workload(**SIZES)
    np.testing.assert_array_equal(one.ids, other.ids)
    np.testing.assert_array_equal(one.labels, other.labels)
    assert set(np.unique(one.labels)) == {0.0, 1.0}
    assert one.labels.shape == (50, 2)


def test_ids_lie_in_their_field():
    workload = Workload(**SIZES, num_fields=3)
    assert workload.ids.shape == (50, 3)
    assert workload.field_rows == 33
    assert workload.num_rows == 99
    assert 0 <= workload.ids.min() and workload.ids.max() < 33
    fields = workload.shared_ids // 33
    np.testing.assert_array_equal(fields, np.tile([0, 1, 2], (50, 1)))


def test_few_ids_are_frequent():
    counts = np.bincount(
        Workload(vocabulary=10_000, batch_size=8, num_examples=999).ids[:, 0]
    )
    assert counts.max() > 100
    assert counts.argmax() != 0  # ranks are shuffled
