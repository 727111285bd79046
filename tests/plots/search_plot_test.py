import re

import numpy as np
import pytest

from mtnas_tf.plots.search_plot import draw_search

SCORES = [1.0, 3.0, 2.0, 4.0]


def test_every_candidate_is_a_mark(tmp_path):
    path = tmp_path / "search.svg"
    draw_search(SCORES, path, "Books", 2, [np.nan, np.nan, 2.5, 3.5])
    text = path.read_text()
    assert re.findall(r'id="(candidate-\d|expected-\d)"', text) == [
        *(f"candidate-{i}" for i in range(4)),
        *("expected-2", "expected-3"),
    ]
    draw_search(SCORES, path, "Books")
    text = path.read_text()
    assert "expected-" not in text and "score that was expected" not in text


@pytest.mark.parametrize("expected", [(1.0,), [np.nan] * 5])
def test_as_many_are_expected_as_came(tmp_path, expected):
    with pytest.raises(ValueError, match=f"Received: 4 and {len(expected)}"):
        draw_search(SCORES, tmp_path / "a.svg", "", expected=expected)
    with pytest.raises(ValueError, match="at least one"):
        draw_search([], tmp_path / "a.svg", "")
