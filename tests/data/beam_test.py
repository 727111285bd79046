"""Data sets prepared as Beam pipelines, against the plain way."""

import pathlib
import sys

import pytest
import tensorflow_datasets as tfds
from exhaustive import all_but

import tfds_builders
from mtnas_tf.data import prepare
from mtnas_tf.data.beam import beam_options
from tfds_builders.synthetic_log import synthetic_log_dataset_builder
from tfds_builders.synthetic_mtl import synthetic_mtl_dataset_builder

OPTIONS = "runner=DirectRunner,direct_num_workers=1"
FOLDER = pathlib.Path(tfds_builders.__file__).parent
NAMES = sorted(
    f"{path.parent.name}{variant}"
    for path in FOLDER.glob("*/*_dataset_builder.py")
    for variant in {
        "goodreads_poetry": ("", "/chunked"),
        "kuairand": ("/pure",),
        "synthetic_mtl": ("/small",),
        "tiktok": ("", "/chunked"),
    }.get(path.parent.name, ("",))
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def records(builder, split):
    """All records in the order of the files, as plain data."""
    return [
        {name: getattr(x, "tolist", lambda x=x: x)() for name, x in row.items()}
        for row in tfds.as_numpy(builder.as_dataset(split=split))
    ]


def assert_equal_records(name, tmp_path):
    dummy = FOLDER / name.split("/")[0] / "dummy_data"
    raw_dir = dummy if dummy.is_dir() else None
    plain = prepare(name, raw_dir, tmp_path / "plain")
    beam = prepare(name, raw_dir, tmp_path / "beam", beam=OPTIONS)
    assert set(beam.info.splits) == set(plain.info.splits)
    for split, info in plain.info.splits.items():
        assert beam.info.splits[split].num_examples == info.num_examples
        assert records(beam, split) == records(plain, split)
        assert records(plain, split)


@pytest.mark.slow
def test_equal_records(tmp_path):
    pytest.importorskip("apache_beam")
    assert_equal_records("book_crossing", tmp_path)


@pytest.fixture
def few_rows(monkeypatch):
    """Of what is drawn, instead of tens of thousands."""
    for module in (
        synthetic_log_dataset_builder,
        synthetic_mtl_dataset_builder,
    ):
        for config in module.Builder.BUILDER_CONFIGS:
            monkeypatch.setattr(config, "num_rows", 360)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", all_but(("kuairand/pure", "synthetic_log"), NAMES)
)
def test_equal_records_of_every_data_set(name, few_rows, tmp_path):
    pytest.importorskip("apache_beam")
    assert_equal_records(name, tmp_path)


def test_options():
    pytest.importorskip("apache_beam")
    options = beam_options("runner=DirectRunner,project=p").get_all_options()
    assert (options["runner"], options["project"]) == ("DirectRunner", "p")


def test_without_beam(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "apache_beam.options", None)
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    message = r"need Apache Beam: pip install 'mtnas_tf\[beam\]'"
    with pytest.raises(ImportError, match=message):
        prepare("synthetic_mtl", data_dir=tmp_path, beam=OPTIONS)
