import numpy as np
import pytest

from tfds_builders.tiktok import generator
from tfds_builders.tiktok import parsing


def written(directory, num_rows, seed=0):
    directory.mkdir()
    generator.write_files(directory, num_rows, seed)
    return (directory / parsing.TRAIN).read_bytes()


def test_rows_are_those_of_the_format(tmp_path):
    columns = parsing.parse_window(written(tmp_path / "a", 20_000))
    assert len(columns["uid"]) == 20_000
    for name, (num_values, missing_rate) in generator.VOCABULARIES.items():
        assert -1 <= columns[name].min() <= columns[name].max() < num_values
        share = (columns[name] == -1).mean()
        assert share == pytest.approx(missing_rate, abs=0.02)
    assert columns["time"].min() > 2**31
    assert columns["duration_time"].min() >= 1


def test_labels_have_their_rates():
    rows = generator.draw_rows(np.random.default_rng(0), 1_000_000)
    assert rows["finish"].mean() == pytest.approx(0.40, abs=0.002)
    assert rows["like"].mean() == pytest.approx(0.0097, abs=0.0004)
    finish_of_liked = rows["finish"][rows["like"] == 1].mean()
    assert finish_of_liked == pytest.approx(0.55, abs=0.02)


def test_ids_are_skewed():
    rows = generator.draw_rows(np.random.default_rng(0), 10_000)
    counts = rows["item_id"].value_counts()
    assert counts.iloc[0] > 20 and (counts == 1).sum() > 5_000


def test_seed_fixes_the_bytes(tmp_path):
    first = written(tmp_path / "a", 50)
    assert first == written(tmp_path / "b", 50)
    assert first != written(tmp_path / "c", 50, seed=1)


@pytest.mark.parametrize("num_rows", [1, 7, 8, 20])
def test_number_of_rows_is_exact_whatever_the_blocks(
    tmp_path, monkeypatch, num_rows
):
    monkeypatch.setattr(generator, "BLOCK_ROWS", 8)
    content = written(tmp_path / "a", num_rows)
    assert len(parsing.parse_window(content)["uid"]) == num_rows
