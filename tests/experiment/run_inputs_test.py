"""A run of a table keeps what it was made from, and reads nothing else."""

import contextlib
import json
import shutil

import keras
import numpy as np
import pytest
import tiny_experiment
from tolerances import near

from mtnas_tf.config import DataConfig
from mtnas_tf.config import Sweep
from mtnas_tf.config import load_config
from mtnas_tf.config import with_section
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import from_csv
from mtnas_tf.experiment.run_inputs import inputs_of_run
from mtnas_tf.experiment.run_inputs import with_absolute_places
from mtnas_tf.experiment.table_digest import table_digest
from mtnas_tf.experiment.verbs import compare as compare_module
from mtnas_tf.experiment.verbs import sweep as sweep_module
from mtnas_tf.experiment.verbs.compare import compare
from mtnas_tf.experiment.verbs.derive import derive
from mtnas_tf.experiment.verbs.evaluate import evaluate
from mtnas_tf.experiment.verbs.search import search
from mtnas_tf.experiment.verbs.sweep import sweep
from mtnas_tf.experiment.verbs.train import train

pytestmark = [
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
    pytest.mark.usefixtures("eagerly"),
]


TASKS = ("click", "like")
CONFIG = with_section(tiny_experiment.CONFIG, "optim", epochs=1)
CONFIG = with_section(CONFIG, "table", path="log.csv", tasks=TASKS)
CONFIG = with_section(CONFIG, "data", name=DataConfig().name, batch_size=30)


def write_table(folder):
    rng = np.random.default_rng(0)
    rows = ["user,price,click,like"]
    for _ in range(200):
        user, price = rng.integers(9), rng.random()
        click, like = rng.integers(0, 2, 2)
        rows.append(f"u{user},{price:.3f},{click},{like}")
    folder.mkdir()
    (folder / "log.csv").write_text("\n".join(rows) + "\n")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with a table in it."""
    folder = tmp_path / "folder"
    write_table(folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def config(folder):
    return CONFIG


@pytest.fixture(scope="module")
def made_once(eagerly, tmp_path_factory):
    """A folder with a table, a schema of its own and a run of both."""
    folder = tmp_path_factory.mktemp("made") / "folder"
    write_table(folder)
    with contextlib.chdir(folder):
        train(with_schema(CONFIG), "shared_bottom", folder / "run")
        return folder, evaluate(folder / "run", "test")


@pytest.fixture
def run_of_schema(made_once, tmp_path, monkeypatch):
    """Another such folder, the working directory, and the run's metrics."""
    made, before = made_once
    folder = tmp_path / "folder"
    shutil.copytree(made, folder)
    for name in ("config.json", "table.json"):
        path = folder / "run" / name
        path.write_text(path.read_text().replace(str(made), str(folder)))
    monkeypatch.chdir(folder)
    return folder, before


def with_schema(config):
    """The config with a schema of its own beside the table."""
    schema = from_csv("log.csv", config.table.tasks, batch_size=8).schema
    schema.save("own.json")
    return with_section(config, "table", schema="own.json", tasks=())


def edit(path):
    """Shifts the boundaries of the field `price`."""
    schema = json.loads(path.read_text())
    fields = {field["name"]: field for field in schema["fields"]}
    edges = fields["price"]["boundaries"]
    fields["price"]["boundaries"] = [edge / 10 for edge in edges]
    path.write_text(json.dumps(schema))


def test_what_a_run_keeps(config, folder):
    train(config, "shared_bottom", folder / "run")
    kept = load_config(folder / "run" / "config.json")
    assert kept.table.path == str(folder / "log.csv")
    assert kept.table.schema == str(folder / "run" / "schema.json")
    assert kept.data.name == kept.dataset == "log.csv"
    schema = DatasetSchema.load(folder / "run" / "schema.json")
    model = keras.saving.load_model(folder / "run" / "model.keras")
    assert schema == model.schema
    table = json.loads((folder / "run" / "table.json").read_text())
    rows = table.pop("rows")
    assert set(rows) == {"train", "valid", "test"}
    assert sum(rows.values()) == 200
    assert table == table_digest(folder / "log.csv")
    # And can be repeated from it.
    again = train(kept, "shared_bottom", folder / "again")
    first = json.loads((folder / "run" / "metrics.json").read_text())
    assert again["valid"] == near(first["valid"])


def test_vocabularies_of_a_table(config, folder):
    config = with_section(with_schema(config), "data", min_count=20)
    train(config, "shared_bottom", folder / "run")
    schema = DatasetSchema.load(folder / "run" / "schema.json")
    fields = {field.name: field for field in schema.fields}
    rows = (folder / "log.csv").read_text().splitlines()[1:]
    users = [row.split(",")[0] for row in rows]
    frequent = {user for user in users if users.count(user) >= 20}
    assert 0 < len(fields["user"].vocabulary) < 9
    assert set(fields["user"].vocabulary) <= frequent
    assert evaluate(folder / "run", "test")


@pytest.mark.slow
def test_another_working_directory(run_of_schema, tmp_path, monkeypatch):
    folder, here = run_of_schema
    monkeypatch.chdir(tmp_path)
    assert evaluate(folder / "run", "test") == here


def test_a_schema_that_was_edited_later(run_of_schema):
    folder, before = run_of_schema
    edit(folder / "own.json")
    assert evaluate(folder / "run", "test") == before
    # The run's own may not be edited.
    edit(folder / "run" / "schema.json")
    with pytest.raises(ValueError, match="another field `price`"):
        evaluate(folder / "run", "test")


def test_a_schema_of_a_run_that_kept_none(run_of_schema):
    folder, _ = run_of_schema
    for name in ("schema.json", "table.json"):
        (folder / "run" / name).unlink()
    path = folder / "run" / "config.json"
    kept = with_section(load_config(path), "table", schema="own.json")
    path.write_text(kept.to_json())
    evaluate(folder / "run", "test")
    edit(folder / "own.json")
    with pytest.raises(ValueError, match="another field `price`"):
        evaluate(folder / "run", "test")


@pytest.mark.slow
def test_a_table_that_was_changed_later(config, folder):
    config = with_section(config, "search", method="candidates")
    few = {"num_rounds": 1, "num_finalists": 1, "num_retrainings": 1}
    config = with_section(config, "search.candidates", **few)
    search(config, folder / "run", print)
    with (folder / "log.csv").open("a") as table:
        table.write("u1,.5,1,0\n")
    message = r"The table .*log\.csv is not the one that the run in .*run was"
    with pytest.raises(ValueError, match=message):
        derive(folder / "run")
    with pytest.raises(FileNotFoundError, match="Run `mtnas derive`"):
        evaluate(folder / "run", "test")
    assert not (folder / "run" / "model.keras").exists()


def test_a_table_that_was_moved(run_of_schema, tmp_path):
    folder, before = run_of_schema
    shutil.move(folder / "log.csv", tmp_path / "moved.csv")
    with pytest.raises(FileNotFoundError, match=r"no table .*--table FILE"):
        evaluate(folder / "run", "test")
    moved = tmp_path / "moved.csv"
    assert evaluate(folder / "run", "test", moved) == before
    with moved.open("a") as table:
        table.write("u1,.5,1,0\n")
    with pytest.raises(ValueError, match=r"The table .*moved\.csv is not"):
        evaluate(folder / "run", "test", moved)


def test_a_table_for_a_run_of_a_data_set(synthetic_config, tmp_path):
    (tmp_path / "run").mkdir()
    config = synthetic_config.to_json()
    (tmp_path / "run" / "config.json").write_text(config)
    with pytest.raises(ValueError, match="`table` must be None"):
        inputs_of_run(tmp_path / "run", "log.csv")


@pytest.mark.parametrize("what", ["table", "schema"])
def test_a_comparison_of_a_changed_table_does_not_go_on(
    config, folder, monkeypatch, what
):
    known_rows = []

    def train_all(config, num_seeds, num_splits, load, say, keep, known):
        known_rows.append(len(known))
        keep({"model": "mmoe"})
        raise KeyboardInterrupt

    monkeypatch.setattr(compare_module.comparison, "compare", train_all)
    config = with_schema(config)

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            compare(config, 1, folder / "run")
    if what == "schema":
        edit(folder / "own.json")
    else:
        with (folder / "log.csv").open("a") as table:
            table.write("u1,.5,1,0\n")
    with pytest.raises(FileExistsError, match=rf"with another {what}\.json"):
        compare(config, 1, folder / "run")
    assert known_rows == [0, 1]


def test_a_sweep_of_a_changed_table_does_not_go_on(config, folder, monkeypatch):
    known_rows = []

    def run_sweep(plan, num_seeds, num_splits, load, say, keep, known):
        known_rows.append(len(known))
        assert plan.config.table.path == str(folder / "log.csv")
        keep({"model": "mmoe"})
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep_module.sweeping, "run_sweep", run_sweep)
    plan = Sweep(title="Toy", config=config, variants={"plain": ()})
    with pytest.raises(KeyboardInterrupt):
        sweep(plan, 1, folder / "run")
    with (folder / "log.csv").open("a") as table:
        table.write("u1,.5,1,0\n")
    with pytest.raises(FileExistsError, match=r"with another table\.json"):
        sweep(plan, 1, folder / "run")
    assert known_rows == [0]


def test_splits_of_a_table_share_the_size_of_the_embedding_table(
    config, folder, monkeypatch
):
    rows = [f"v{i},.5,{i % 2},{i // 2 % 2}" for i in range(150)]
    with (folder / "log.csv").open("a") as table:
        table.write("\n".join(rows) + "\n")
    sizes = []

    def train_all(config, num_seeds, num_splits, load, say, keep, known):
        for seed in range(num_splits):
            split = with_section(config, "data", split_seed=seed)
            sizes.append(load(split).schema.num_buckets)
        raise KeyboardInterrupt

    monkeypatch.setattr(compare_module.comparison, "compare", train_all)
    with pytest.raises(KeyboardInterrupt):
        compare(config, 1, folder / "run", print, 4)
    assert len(sizes) == 4
    assert len(set(sizes)) == 1


def test_absolute_places(config, folder):
    config = with_section(config, "data", data_dir="~/data", name="x")
    config = with_section(config, "table", path="a/../log.csv", schema=None)
    config = with_section(config, "optim", tuned="tune.json")
    found = with_absolute_places(config)
    assert found.table.path == str(folder / "log.csv")
    assert found.table.schema is None
    assert found.data.data_dir.endswith("/data")
    assert "~" not in found.data.data_dir
    assert found.data.name == "log.csv"
    assert found.optim.tuned == str(folder / "tune.json")
    in_bucket = with_section(config, "data", data_dir="gs://bucket/data")
    assert with_absolute_places(in_bucket).data.data_dir == "gs://bucket/data"


def test_digest_of_a_folder(tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "b.parquet").write_bytes(b"bb")
    (parts / "a.parquet").write_bytes(b"a")
    digest = table_digest(parts)
    (parts / "_SUCCESS").touch()
    assert digest["bytes"] == 3
    assert table_digest(parts) == digest
    (parts / "a.parquet").rename(parts / "c.parquet")
    assert table_digest(parts)["sha256"] != digest["sha256"]
    (parts / "c.parquet").rename(parts / "a.parquet")
    assert table_digest(parts) == digest
    (parts / "a.parquet").write_bytes(b"c")
    assert table_digest(parts)["sha256"] != digest["sha256"]


def test_digest_of_a_file(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(b"a,b\n1,2\n")
    assert table_digest(path) == {
        "path": str(path),
        "bytes": 8,
        # Of `printf 'a,b\n1,2\n' | sha256sum`.
        "sha256": "492d5ea496056f1a6a6592241032fab7"
        "64c321596317930b4fa0e1e8bc3b7470",
    }


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        ("data", {"storage": "disk"}, "`data.storage` must be 'auto' or"),
        ("table", {"tasks": ("click",)}, "`tasks` must be left to the schema"),
        ("table", {"exclude": ("user",)}, r"`exclude` must not.*\['user'\]"),
    ],
)
def test_settings_that_a_table_does_not_take(
    config, folder, section, values, message
):
    config = with_section(with_schema(config), section, **values)
    with pytest.raises(ValueError, match=message):
        train(config, "shared_bottom", folder / "run")
    assert not (folder / "run").exists()
