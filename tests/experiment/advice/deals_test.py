import numpy as np
import toy_data

from mtnas_tf.experiment.advice.deals import deals


def test_validation_rows_are_others_each_time():
    data = toy_data.make_data()
    rows = np.concatenate(
        [data.splits[name].inputs["values"] for name in ("train", "valid")]
    )
    dealt = deals(data, 3, seed=1)
    held = []
    for deal in dealt:
        parts = [deal.splits[n].inputs["values"] for n in ("train", "valid")]
        together = np.concatenate(parts)
        # All rows, each once.
        np.testing.assert_array_equal(
            np.sort(together, axis=0), np.sort(rows, axis=0)
        )
        held.append({row.tobytes() for row in parts[1]})
        assert deal.splits["test"] is data.splits["test"]
        assert deal.batch_size == data.batch_size
    assert len(set.union(*held)) == sum(map(len, held))


def test_more_deals_than_validation_parts():
    data = toy_data.make_data()
    total = len(data.splits["train"]) + len(data.splits["valid"])
    for deal in deals(data, 10):
        assert len(deal.splits["valid"]) == min(
            len(data.splits["valid"]), total // 10
        )
