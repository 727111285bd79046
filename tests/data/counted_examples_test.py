"""The preparation of a data set, as a run shows it."""

import pathlib

import pytest
import tensorflow_datasets as tfds

import tfds_builders
from mtnas_tf import stages
from mtnas_tf.data import prepare
from mtnas_tf.progress import Progress
from mtnas_tf.stages import shown_stages

FOLDER = pathlib.Path(tfds_builders.__file__).parent


@pytest.fixture
def bars(monkeypatch):
    """Every `Progress` that is shown."""
    bars = []
    shown = stages.shown_progress

    def kept(*args):
        bars.append(Progress(*args))
        return shown(*args)

    monkeypatch.setattr(stages, "shown_progress", kept)
    return bars


@pytest.mark.parametrize(
    "name",
    [
        "book_crossing",
        "census_income",
        "goodreads_poetry",
        "synthetic_log",
        "tiktok/chunked",
    ],
)
def test_number_of_records_is_known_before_they_are_made(name, tmp_path):
    raw = FOLDER / name.split("/")[0] / "dummy_data"
    builder = tfds.builder(name, data_dir=tmp_path)
    manager = tfds.download.DownloadManager(
        download_dir=tmp_path,
        manual_dir=raw if raw.is_dir() else None,
        manual_dir_instructions="none",
        dataset_name=builder.name,
    )
    for examples in builder._split_generators(manager).values():
        assert len(examples) == sum(1 for _ in examples) > 0


def test_records_are_counted_in_place_of_lines_of_tfds(tmp_path, bars, capsys):
    counted = []
    with shown_stages(print), pytest.MonkeyPatch.context() as patch:
        advance = Progress.advance
        patch.setattr(
            Progress,
            "advance",
            lambda bar, amount: (counted.append(amount), advance(bar, amount)),
        )
        builder = prepare("synthetic_mtl/small", data_dir=tmp_path)
    sizes = [split.num_examples for split in builder.info.splits.values()]
    assert [bar.label for bar in bars] == ["raw files", "records"]
    assert [bar.total for bar in bars] == [None, sum(sizes)]
    assert sum(counted) == sum(sizes)
    assert capsys.readouterr().out == ""
    # Of records that are there, nothing is shown.
    with shown_stages(print):
        prepare("synthetic_mtl/small", data_dir=tmp_path)
    assert len(bars) == 2
