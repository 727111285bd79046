import pathlib

import pytest
import tensorflow_datasets as tfds

import tfds_builders  # noqa: F401  registers the builders
from mtnas_tf.data import CATALOG
from mtnas_tf.data import describe
from mtnas_tf.data import load
from mtnas_tf.data import prepare
from mtnas_tf.data.catalog import find_schema
from mtnas_tf.experiment.verbs.describe import markdown_page
from tfds_builders.kuairand import column_names
from tfds_builders.kuairand import files
from tfds_builders.kuairand import kuairand_dataset_builder
from tfds_builders.kuairand import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
SCHEMA = CATALOG["kuairand"]
TASKS = column_names.COMMON_TASKS
# How a video was watched, and what that was computed from.
OUTCOMES = {
    *column_names.SIGNALS,
    *column_names.TASKS,
    *("play_time_ms", "profile_stay_time", "comment_stay_time", "duration_ms"),
}


class KuairandTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = kuairand_dataset_builder.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["pure"]
    SPLITS = {
        **{"train": 5, "valid": 1, "test": 1, "holdout": 3},
        **{"test_random": 2, "holdout_random": 1},
    }


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("kuairand")


@pytest.fixture(scope="module")
def builder(data_dir):
    return prepare("kuairand/pure", DUMMY_DATA, data_dir)


def stored(builder, split):
    """Records of a split as plain Python values, by (user, video, date)."""
    records = tfds.as_numpy(builder.as_dataset(split=split))
    texts = [
        {k: v.decode() if isinstance(v, bytes) else v for k, v in r.items()}
        for r in records
    ]
    return {(r["user_id"], r["video_id"], r["date"]): r for r in texts}


def test_records_are_those_of_the_parser(builder):
    paths = files.find_files(DUMMY_DATA, "pure")
    users = files.read_users(paths[files.USERS])
    videos = files.read_videos(paths[files.VIDEOS])
    for split in files.splits_of(paths):
        rows = [row for _, row in files.read_split(paths, "pure", split)]
        assert stored(builder, split) == {
            (row["user_id"], row["video_id"], row["date"]): parsing.join(
                row, users, videos, TASKS
            )
            for row in rows
        }


def test_quirks_reach_the_records(builder):
    train, held = stored(builder, "train"), stored(builder, "holdout")
    record = held[0, 11, 20220410]
    assert record["follow_user_num_range"] == "(0,10]"
    assert record["is_live_streamer"] == -124
    assert record["onehot_feat4"] == 4  # 4.0 in the file
    assert (record["tag"], record["first_tag"]) == ("12,65", "12")
    assert record["hour"] == 23
    assert held[0, 10, 20220408]["music_id"] == 9_155_697_141
    assert train[1, 12, 20220415]["onehot_feat4"] == -1
    assert train[1, 12, 20220415]["video_duration_bucket"] == -1
    assert train[2, 11, 20220421]["user_active_degree"] == ""  # unlisted
    assert train[1, 99, 20220428]["author_id"] == -1  # unlisted
    assert [train[3, 11, 20220429][task] for task in TASKS] == [1] * 5


def test_a_variant_has_all_tasks(tmp_path):
    builder = prepare("kuairand/pure_all", DUMMY_DATA, tmp_path)
    record = stored(builder, "train")[3, 11, 20220429]
    labels = {task: record[task] for task in column_names.TASKS}
    assert [task for task in labels if labels[task]] == [
        *TASKS,
        *("comment", "follow"),
    ]
    assert not {*record} & {*column_names.SIGNALS} - {"long_view"}


@pytest.mark.parametrize("storage", ["memory", "disk"])
@pytest.mark.parametrize("split_seed", [0, 3])
def test_the_hold_out_is_read_when_asked_for(
    builder, data_dir, storage, split_seed
):
    def rows(**kwargs):
        data = load(
            "kuairand/pure",
            data_dir=data_dir,
            batch_size=1,
            storage=storage,
            split_seed=split_seed,
            **kwargs,
        )
        ids = {s: data.splits[s].inputs["ids"] for s in data.splits}
        return {s: sorted(map(tuple, ids[s].tolist())) for s in ids}

    own, last = rows(), rows(reads_holdout=True)
    assert [len(own[s]) for s in ("train", "valid", "test")] == [5, 1, 1]
    assert (last["train"], last["valid"]) == (own["train"], own["valid"])
    (held,) = {row[0] for row in last["test"]}  # the id of user 0
    assert len(last["test"]) == 3
    assert held not in {row[0] for s in own for row in own[s]}


def test_no_other_hold_out_is_dealt():
    message = "`holdout` must be 0 for 'kuairand/pure', which comes with"
    with pytest.raises(ValueError, match=message):
        load("kuairand/pure", holdout=0.1)


def test_a_description_does_not_read_the_hold_out(builder, data_dir):
    page = describe("kuairand/pure", data_dir)
    assert page["rows"] == {"train": 5, "valid": 1, "test": 1}
    assert page["held_out"] == 3
    assert page["fields"]["user_id"]["values"] == 3  # 0 is held out
    assert "test 1; held out, and not read, 3. Table" in markdown_page(page)


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
    names = ["pure", "pure_all", "1k", "1k_all"]
    assert [config.name for config in configs] == names
    for config in configs:
        schema = find_schema(f"kuairand/{config.name}")
        assert schema.task_names == config.tasks
    with pytest.raises(ValueError, match="`data_version` must.*='27k'"):
        kuairand_dataset_builder.KuairandConfig(name="x", data_version="27k")
    for tasks in ((), ("click", "share")):
        with pytest.raises(ValueError, match="`tasks` must be some of.*'hate'"):
            kuairand_dataset_builder.KuairandConfig(name="x", tasks=tasks)


def test_fields_are_known_before_a_video_is_watched(builder):
    names = {field.name for field in SCHEMA.fields}
    assert not names & OUTCOMES
    assert not names & {"date", "time_ms"}  # the splits are cut by them
    for field in SCHEMA.fields:
        is_text = field.name in column_names.TEXTS
        assert field.kind == ("string" if is_text else "integer")
        assert field.name in builder.info.features


def test_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="KuaiRand-Pure.tar.gz"):
        prepare("kuairand/pure", tmp_path / "absent", tmp_path / "data")
