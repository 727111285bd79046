"""A preset gives back the model that was saved, and only that."""

import hashlib
import json
import shutil
import subprocess
import sys

import h5py
import keras
import numpy as np
import pytest
import tiny_models
import toy_data
import toy_images

import mtnas_tf as mt
from mtnas_tf.derive import build_model
from mtnas_tf.derive import derive_allocation
from mtnas_tf.models import MODELS
from mtnas_tf.presets import library_classes
from mtnas_tf.presets.preset_files import FILES
from mtnas_tf.presets.preset_files import write_manifest

ROWS = toy_data.make_split(5)


def check_round_trip(model, path, inputs):
    model.save_to_preset(path)
    loaded = mt.models.from_preset(path)
    assert type(loaded) is type(model)
    assert loaded.get_config() == model.get_config()
    for read, written in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(read, written, err_msg=written.path)
    expected, received = model(inputs), loaded(inputs)
    if not isinstance(expected, dict):
        expected, received = {"": expected}, {"": received}
    for task, values in expected.items():
        np.testing.assert_array_equal(received[task], values)
    return loaded


@pytest.mark.parametrize("name", ["esmm", "pepnet", "stem_net"])
def test_a_model_comes_back(name, tmp_path):
    check_zoo(name, tmp_path)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", MODELS)
def test_every_model_of_the_zoo_comes_back(name, tmp_path):
    check_zoo(name, tmp_path)


def check_zoo(name, tmp_path):
    model = tiny_models.make_model(
        name, toy_data.SCHEMA, table_initializer="random_normal"
    )
    check_round_trip(model, tmp_path / "preset", ROWS.inputs)


def test_a_derived_network_has_its_route(tmp_path):
    supernet = tiny_models.make_model("mtnas", toy_data.SCHEMA)
    model = build_model(supernet, supernet.route)
    loaded = check_round_trip(model, tmp_path / "preset", ROWS.inputs)
    route = mt.routes.Route.load(tmp_path / "preset" / "route.json")
    assert loaded.route == model.route == route


@pytest.mark.slow
def test_networks_of_images(tmp_path):
    model = mt.models.AllocationNet(
        {"latin": 3, "greek": 2}, (8, 8, 1), strides=(2,), num_filters=4
    )
    images = np.random.default_rng(0).random((3, 8, 8, 1)).astype("float32")
    inputs = {"images": images, "task": np.array(1)}
    check_round_trip(model, tmp_path / "all", inputs)
    derived = derive_allocation(model)
    check_round_trip(derived, tmp_path / "derived", {"images": images})
    card = (tmp_path / "derived" / "README.md").read_text()
    assert "| latin | multiclass | 3 |" in card
    assert "## Columns" not in card
    assert not (tmp_path / "derived" / "schema.json").exists()


def test_an_encoder_of_images(tmp_path):
    encoder = mt.features.ImageEncoder(filters=(4,))
    body = mt.layers.SharedBottom(toy_images.SCHEMA.task_names)
    model = mt.models.MultiTaskModel(toy_images.SCHEMA, body, encoder)
    shape = (3, *toy_images.SCHEMA.image_shape)
    check_round_trip(model, tmp_path / "preset", {"images": np.ones(shape)})


@pytest.mark.slow
def test_it_needs_no_import_but_the_library(model, preset, tmp_path):
    np.savez(tmp_path / "inputs.npz", **ROWS.inputs)
    code = (
        "import sys, numpy as np\n"
        "import mtnas_tf as mt\n"
        f"model = mt.models.from_preset({str(preset)!r})\n"
        f"inputs = dict(np.load({str(tmp_path / 'inputs.npz')!r}))\n"
        f"np.savez({str(tmp_path / 'outputs.npz')!r}, **model.predict("
        "inputs, verbose=0))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    received = np.load(tmp_path / "outputs.npz")
    for task, values in model.predict(ROWS.inputs, verbose=0).items():
        np.testing.assert_allclose(received[task], values, rtol=1e-6)


def test_modules_are_imported_by_the_names_in_the_config(preset, monkeypatch):
    asked = []
    monkeypatch.setattr(
        library_classes.importlib, "import_module", asked.append
    )
    mt.models.from_preset(preset)
    assert {"mtnas_tf.models.esmm", "mtnas_tf.layers.esmm_towers"} <= set(asked)
    assert all(name.startswith("mtnas_tf.") for name in asked)


def test_it_holds_vocabularies_and_no_optimizer(model, preset):
    assert {path.name for path in preset.iterdir()} == (
        set(FILES) - {"route.json"}
    )
    assert mt.data.DatasetSchema.load(preset / "schema.json") == model.schema
    loaded = mt.models.from_preset(preset)
    assert loaded.schema.fields[-1].vocabulary == ("1", "2", "3")
    assert not loaded.compiled
    with h5py.File(preset / "model.weights.h5") as file:
        assert "optimizer" not in file
    assert "compile_config" not in (preset / "config.json").read_text()


def test_deferred_steps_of_a_table_are_in_it(tmp_path):
    model = tiny_models.make_model("shared_bottom", toy_data.SCHEMA)
    model.compile(run_eagerly=True, jit_compile=False)
    for first in (0, 2):
        model.train_on_batch(
            {k: x[first : first + 2] for k, x in ROWS.inputs.items()},
            {k: y[first : first + 2] for k, y in ROWS.labels.items()},
        )
    check_round_trip(model, tmp_path / "preset", ROWS.inputs)


@pytest.mark.parametrize("name", sorted(set(FILES) - {"route.json"}))
def test_a_changed_byte_is_refused(preset, tmp_path, name):
    copy = shutil.copytree(preset, tmp_path / "copy")
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}.* must be as it was written"):
        mt.models.from_preset(copy)


@pytest.mark.parametrize("name", sorted(set(FILES) - {"route.json"}))
def test_a_missing_file_is_named(preset, tmp_path, name):
    copy = shutil.copytree(preset, tmp_path / "copy")
    (copy / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"no {name}"):
        mt.models.from_preset(copy)


@pytest.mark.parametrize("name", ["notes.txt", "assets/code.py"])
def test_an_additional_file_is_refused(preset, tmp_path, name):
    copy = shutil.copytree(preset, tmp_path / "copy")
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_text("mine")
    with pytest.raises(ValueError, match=f"Received: {name.split('/')[0]}"):
        mt.models.from_preset(copy)


def test_a_manifest_of_other_content_is_refused(preset, tmp_path):
    """A digest of the manifest alone tells that it was edited."""
    copy = shutil.copytree(preset, tmp_path / "copy")
    (copy / "README.md").write_text("Better than all others.")
    manifest = json.loads((copy / "preset.json").read_text())
    digest = hashlib.sha256((copy / "README.md").read_bytes()).hexdigest()
    manifest["files"]["README.md"] = {"sha256": digest, "bytes": 23}
    (copy / "preset.json").write_text(json.dumps(manifest, indent=2) + "\n")
    with pytest.raises(ValueError, match="preset.json must be as it was"):
        mt.models.from_preset(copy)


def test_another_format_version_is_refused(preset, tmp_path, monkeypatch):
    copy = shutil.copytree(preset, tmp_path / "copy")
    (copy / "preset.json").unlink()
    module = "mtnas_tf.presets.preset_files.FORMAT_VERSION"
    with monkeypatch.context() as patch:
        patch.setattr(module, 99)
        write_manifest(copy, "ESMM")
    with pytest.raises(ValueError, match="`format_version` 1.*=99"):
        mt.models.from_preset(copy)


def forged(preset, copy, edit):
    """A preset whose config was changed and whose digests are right."""
    shutil.copytree(preset, copy)
    config = json.loads((copy / "config.json").read_text())
    edit(config)
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "preset.json").unlink()
    write_manifest(copy, "ESMM")
    return copy


@pytest.mark.parametrize(
    "named",
    [
        {"module": "os", "class_name": "system"},
        {"module": "mtnas_tf", "class_name": "cli"},
        {"module": "mtnas_tf.cli", "class_name": "main"},
        {"module": "mtnas_tf_evil.models", "class_name": "Model"},
        {"module": "builtins", "class_name": "eval"},
        {"module": None, "class_name": "Model"},
        {"module": "keras.layers", "class_name": "Lambda"},
    ],
)
def test_other_classes_are_refused(preset, tmp_path, named):
    lambda_config = {
        "function": {"class_name": "__lambda__", "config": {"code": "AA=="}}
    }
    named = {"registered_name": None, "config": lambda_config, **named}

    def edit(config):
        config["config"]["body"] = named

    copy = forged(preset, tmp_path / "copy", edit)
    with pytest.raises(ValueError, match="`directory` must consist of classes"):
        mt.models.from_preset(copy)


def test_what_is_no_model_is_refused(preset, tmp_path):
    def edit(config):
        dense = keras.saving.serialize_keras_object(keras.layers.Dense(3))
        config.clear()
        config.update(dense)

    copy = forged(preset, tmp_path / "copy", edit)
    with pytest.raises(
        ValueError, match="must be a model. Received: a `Dense`"
    ):
        mt.models.from_preset(copy)


@keras.saving.register_keras_serializable(package="tests")
class OwnBody(mt.layers.SharedBottom):
    """A class that no other process finds."""


def test_a_class_of_ones_own_is_refused_where_it_is_saved(tmp_path):
    body = OwnBody(toy_data.SCHEMA.task_names, hidden_units=(2,))
    model = mt.models.MultiTaskModel(toy_data.SCHEMA, body)
    with pytest.raises(ValueError, match="`model` must .*tests>OwnBody"):
        model.save_to_preset(tmp_path / "preset")
    assert not list(tmp_path.iterdir())


def test_an_existing_directory_is_replaced_on_demand_only(model, tmp_path):
    path = tmp_path / "preset"
    model.save_to_preset(path)
    (path / "README.md").write_text("damaged")
    with pytest.raises(FileExistsError, match="unless `overwrite=True`"):
        model.save_to_preset(path)
    model.save_to_preset(path, overwrite=True)
    assert mt.models.from_preset(path).schema == model.schema
    assert [entry.name for entry in tmp_path.iterdir()] == ["preset"]


def test_other_directories_are_never_replaced(model, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("mine")
    for path in (tmp_path, tmp_path / "notes.txt", tmp_path / "run"):
        with pytest.raises(FileExistsError, match="replaces nothing else"):
            model.save_to_preset(path, overwrite=True)
    assert (tmp_path / "run" / "config.json").read_text() == "mine"


def test_no_preset(tmp_path):
    with pytest.raises(FileNotFoundError, match="`directory` must be a preset"):
        mt.models.from_preset(tmp_path / "nowhere")
