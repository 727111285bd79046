import json

import numpy as np
import pytest

from mtnas_tf.routes import SharingMatrix
from mtnas_tf.routes import expert_use

NAN = float("nan")


def make(weights, name="layer 1", readers=("click", "buy"), first=1, **kwargs):
    sources = [f"s{first + i}" for i in range(len(weights[0]))]
    return SharingMatrix(name, readers, sources, weights, "link", **kwargs)


def test_use_is_relative_to_an_equal_share_of_what_can_be_read():
    matrix = make([[0.2, 0.3, NAN], [-1.0, 0.0, 3.0]])
    use = matrix.use_by_reader()
    np.testing.assert_allclose(use, [[0.8, 1.2, 0], [0.75, 0, 2.25]])


def test_a_reader_of_nothing_uses_nothing():
    np.testing.assert_array_equal(make([[0, 0], [0, 0]]).use_by_reader(), 0)


def test_use_is_that_of_the_reader_that_uses_a_source_most():
    (use,) = expert_use([make([[0.5, 0.49, 0.01], [0.01, 0.98, 0.01]])])
    assert use == pytest.approx({"s1": 1.5, "s2": 2.94, "s3": 0.03})


def test_what_only_the_dead_read_is_dead():
    below = make([[1, 0], [0, 1]], readers=("s3", "s4"))
    above = make([[0.95, 0.05], [1, 0]], first=3)
    alive, dead = {"s1": 2.0, "s2": 2.0}, {"s1": 2.0, "s2": 0.0}
    # s4 gets 5 % of what `click` reads: a tenth of an equal share.
    assert expert_use([below, above], threshold=0.099)[0] == alive
    assert expert_use([below, above], threshold=0.11)[0] == dead


def test_as_json_and_back():
    matrix = make([[0.25, NAN], [1 / 3, 1]], probs=[[0.5, 0.5], [0, 1]])
    text = json.dumps(matrix.to_dict(), allow_nan=False)
    again = SharingMatrix.from_dict(json.loads(text))
    np.testing.assert_allclose(again.weights, matrix.weights, atol=1e-4)
    np.testing.assert_array_equal(again.probs, matrix.probs)
    assert again.top_shares is None
    assert again.to_dict() == matrix.to_dict()


def test_arrays_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"`probs` must.*\(1, 2\).*=\(2,\)"):
        make([[0, 1]], readers=("click",), probs=[0, 1])
