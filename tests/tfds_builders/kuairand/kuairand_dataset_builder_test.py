import pathlib

import pytest
import tensorflow_datasets as tfds

import tfds_builders  # noqa: F401  registers the builders
from mtnas_tf.data import CATALOG
from mtnas_tf.data import prepare
from tfds_builders.kuairand import column_names
from tfds_builders.kuairand import kuairand_dataset_builder
from tfds_builders.kuairand import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
SCHEMA = CATALOG["kuairand"]
# How a video was watched, and what that was computed from.
OUTCOMES = {
    *column_names.LABELS,
    *column_names.LABELS.values(),
    *("is_follow", "is_comment", "is_forward", "is_hate", "is_profile_enter"),
    *("play_time_ms", "profile_stay_time", "comment_stay_time", "duration_ms"),
}


class KuairandTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = kuairand_dataset_builder.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["pure"]
    SPLITS = {"train": 5, "valid": 2, "test": 2, "test_random": 3}


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    return prepare(
        "kuairand/pure", DUMMY_DATA, tmp_path_factory.mktemp("kuairand")
    )


def stored(builder, split):
    """Records of a split as plain Python values, by (user, video, date)."""
    records = tfds.as_numpy(builder.as_dataset(split=split))
    texts = [
        {k: v.decode() if isinstance(v, bytes) else v for k, v in r.items()}
        for r in records
    ]
    return {(r["user_id"], r["video_id"], r["date"]): r for r in texts}


def test_records_are_those_of_the_parser(builder):
    paths = parsing.find_files(DUMMY_DATA, "pure")
    users = parsing.read_users(paths[parsing.USERS])
    videos = parsing.read_videos(paths[parsing.VIDEOS])
    for split in parsing.SPLITS:
        rows = [row for _, row in parsing.read_split(paths, "pure", split)]
        assert stored(builder, split) == {
            (row["user_id"], row["video_id"], row["date"]): parsing.join(
                row, users, videos
            )
            for row in rows
        }


def test_quirks_reach_the_records(builder):
    train, valid = stored(builder, "train"), stored(builder, "valid")
    record = train[0, 11, 20220410]
    assert record["follow_user_num_range"] == "(0,10]"
    assert record["is_live_streamer"] == -124
    assert record["onehot_feat4"] == 4  # 4.0 in the file
    assert (record["tag"], record["first_tag"]) == ("12,65", "12")
    assert record["hour"] == 23
    assert train[0, 10, 20220408]["music_id"] == 9_155_697_141
    assert train[1, 12, 20220415]["onehot_feat4"] == -1
    assert train[1, 12, 20220415]["video_duration_bucket"] == -1
    assert train[2, 11, 20220421]["user_active_degree"] == ""  # unlisted
    assert valid[1, 99, 20220428]["author_id"] == -1  # unlisted


def test_version_reads_its_own_files(tmp_path):
    folder = tmp_path / "raw" / "KuaiRand-1K" / "data"
    folder.mkdir(parents=True)
    for path in (DUMMY_DATA / "KuaiRand-Pure" / "data").glob("*.csv"):
        name = path.name.replace("_pure", "_1k")
        (folder / name).write_bytes(path.read_bytes())
    builder = prepare("kuairand/1k", tmp_path / "raw", tmp_path / "data")
    assert builder.info.splits["train"].num_examples == 5
    with pytest.raises(FileNotFoundError, match="user_features_pure.csv"):
        prepare("kuairand/pure", tmp_path / "raw", tmp_path / "data")


def test_configs_are_the_versions():
    configs = kuairand_dataset_builder.Builder.BUILDER_CONFIGS
    assert [config.name for config in configs] == ["pure", "1k"]
    with pytest.raises(ValueError, match="`data_version` must.*='27k'"):
        kuairand_dataset_builder.KuairandConfig(name="x", data_version="27k")


def test_fields_are_known_before_a_video_is_watched(builder):
    names = {field.name for field in SCHEMA.fields}
    assert not names & OUTCOMES
    assert not names & {"date", "time_ms"}  # the splits are cut by them
    for field in SCHEMA.fields:
        is_text = field.name in column_names.TEXTS
        assert field.kind == ("string" if is_text else "integer")
        assert field.name in builder.info.features
    assert SCHEMA.task_names == tuple(column_names.LABELS.values())


def test_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="KuaiRand-Pure.tar.gz"):
        prepare("kuairand/pure", tmp_path / "absent", tmp_path / "data")
