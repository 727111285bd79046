import functools
import pathlib

import numpy as np
import pytest
import tensorflow_datasets as tfds
from etils import epath
from made_up_drawings import image_of
from made_up_drawings import png_of

from mtnas_tf.data import load
from mtnas_tf.data import prepare
from tfds_builders.omniglot_mtl import drawing_image
from tfds_builders.omniglot_mtl import omniglot_mtl_dataset_builder
from tfds_builders.omniglot_mtl import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"


class OmniglotMtlTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = omniglot_mtl_dataset_builder.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["first_20"]
    SPLITS = {"train": 30, "valid": 12, "test": 18}
    DL_DOWNLOAD_RESULT = {name: name for name in parsing.ARCHIVES}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("omniglot")


@pytest.fixture(scope="module")
def builder(data_dir):
    return prepare("omniglot_mtl", DUMMY_DATA, data_dir)


def keys_of(builder, split):
    alphabet = builder.info.features["alphabet"]
    return {
        (alphabet.int2str(r["alphabet"]), r["character"], r["drawer"])
        for r in tfds.as_numpy(builder.as_dataset(split=split))
    }


def test_records_are_those_of_the_parser(builder):
    drawings = [
        drawing
        for name in parsing.ARCHIVES
        for drawing in parsing.read_drawings(epath.Path(DUMMY_DATA) / name)
        if drawing.alphabet != "Tagalog"  # none of the first 20
    ]
    splits = parsing.split_drawings(drawings)
    assert len(drawings) == 60
    for split, members in splits.items():
        assert keys_of(builder, split) == {
            (m.alphabet, m.character, m.drawer) for m in members
        }


@pytest.mark.parametrize("is_numpy", [False, True])
def test_images_are_those_of_the_files(builder, is_numpy):
    features = builder.info.features
    # TFDS reads images with TensorFlow, or without it as in a data source.
    decoders = {"image": tfds.decode.SkipDecoding()} if is_numpy else None
    records = builder.as_dataset(split="test", decoders=decoders)
    # The dummy data's characters are numbered through the files.
    labels = {("Gujarati", 0): 1, ("Gujarati", 1): 2, ("Sylheti", 0): 4}
    for record in tfds.as_numpy(records):
        alphabet = features["alphabet"].int2str(record["alphabet"])
        label = labels[alphabet, record["character"]]
        image = record["image"]
        if is_numpy:
            image = features["image"].decode_example_np(image)
        np.testing.assert_array_equal(image, image_of(label, record["drawer"]))


def test_features(builder):
    features = builder.info.features
    assert features["image"].shape == (105, 105, 1)
    assert features["image"].np_dtype == np.uint8
    assert tuple(features["alphabet"].names) == parsing.ALPHABETS[:20]
    assert features["character"].np_dtype == np.int32


def test_configs():
    configs = omniglot_mtl_dataset_builder.Builder.BUILDER_CONFIGS
    assert {c.name: c.alphabets for c in configs} == {
        "first_20": parsing.ALPHABETS[:20],
        "all": parsing.ALPHABETS,
        "first_20_28x28": parsing.ALPHABETS[:20],
        "first_10_28x28": parsing.ALPHABETS[:10],
        "first_10_56x56": parsing.ALPHABETS[:10],
    }
    assert [c.image_size for c in configs] == [105, 105, 28, 28, 56]
    assert configs[3].num_classes["Gujarati"] == 48


def test_all_alphabets(data_dir):
    builder = prepare("omniglot_mtl/all", DUMMY_DATA, data_dir)
    assert builder.info.splits["train"].num_examples == 40
    assert builder.info.features["alphabet"].num_classes == 50
    keys = keys_of(builder, "test")
    assert {alphabet for alphabet, *_ in keys} == {
        *("Gujarati", "Sylheti", "Tagalog")
    }


@pytest.mark.parametrize("count", [0, 51])
def test_wrong_number_of_alphabets_is_named(count):
    message = f"`num_alphabets` must be in 1 to 50.*num_alphabets={count}"
    with pytest.raises(ValueError, match=message):
        omniglot_mtl_dataset_builder.OmniglotMtlConfig(
            name="x", num_alphabets=count
        )


@pytest.mark.parametrize("size", [0, 106])
def test_wrong_image_size_is_named(size):
    message = f"`image_size` must be in 1 to 105.*image_size={size}"
    with pytest.raises(ValueError, match=message):
        omniglot_mtl_dataset_builder.OmniglotMtlConfig(
            name="x", image_size=size
        )


def test_file_that_is_not_there_is_downloaded(monkeypatch, data_dir, tmp_path):
    name = parsing.ARCHIVES[0]
    (tmp_path / name).write_bytes((DUMMY_DATA / name).read_bytes())
    asked = {}

    def download(dl_manager, urls):
        asked.update(urls)
        return {other: epath.Path(DUMMY_DATA) / other for other in urls}

    monkeypatch.setattr(tfds.download.DownloadManager, "download", download)
    builder = prepare("omniglot_mtl", tmp_path, data_dir / "downloaded")
    other = parsing.ARCHIVES[1]
    assert asked == {other: parsing.URL + other}
    assert builder.info.splits["train"].num_examples == 30


def test_checksums_are_of_the_files_that_are_downloaded():
    checksums = omniglot_mtl_dataset_builder.Builder.url_infos
    assert set(checksums) == {parsing.URL + n for n in parsing.ARCHIVES}


def test_loaded_images_are_those_of_the_files(data_dir):
    # The dummy data have two of the 20 alphabets.
    with pytest.raises(ValueError, match="image of every task.*`Arcadian`"):
        load("omniglot_mtl", data_dir=data_dir)
    config = omniglot_mtl_dataset_builder.OmniglotMtlConfig(
        name="tiny", num_alphabets=2, image_size=35
    )
    with pytest.MonkeyPatch.context() as patch:
        builder = functools.partial(tfds.builder, config=config)
        patch.setattr(tfds, "builder", builder)
        prepare("omniglot_mtl", DUMMY_DATA, data_dir)
        data = load("omniglot_mtl", data_dir=data_dir, batch_size=5, seed=3)
    assert data.schema.image_shape == (35, 35, 1)
    assert data.schema.num_outputs == {"Gujarati": 48, "Sylheti": 28}
    assert (data.batch_size, data.seed) == (5, 3)
    assert [len(split) for split in data.splits.values()] == [30, 12, 18]
    rows = {(0, 0): 1, (0, 1): 2, (1, 0): 4}
    for split in data.splits.values():
        for image, task, label in zip(
            split.images, split.tasks, split.labels, strict=True
        ):
            row = rows[task, label]
            # Ink of one row of the file in three, of 5 columns a drawer.
            drawer = round((255 - image.astype(int)).sum() / 85 * 3 / 5)
            expected = drawing_image.decode(png_of(image_of(row, drawer)), 35)
            np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize(
    "option",
    [{"num_buckets": 3}, {"min_count": 2}, {"split_seed": 1}, {"holdout": 0.1}],
)
def test_options_of_rows_are_refused(option, data_dir):
    with pytest.raises(ValueError, match=f"`{next(iter(option))}`.*left out"):
        load("omniglot_mtl", data_dir=data_dir, **option)
