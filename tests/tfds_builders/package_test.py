import pathlib

import pytest
import tensorflow_datasets as tfds

import tfds_builders
from mtnas_tf.data import CATALOG
from mtnas_tf.data.catalog import IMAGES

FOLDER = pathlib.Path(tfds_builders.__file__).parent
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/__init__.py"))


def test_package_lists_its_builders():
    assert set(tfds_builders.__all__) == {f"{n}_dataset_builder" for n in NAMES}


def test_every_builder_is_in_the_catalog():
    assert sorted([*CATALOG, *IMAGES]) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_folder_can_be_imported_by_itself(monkeypatch, name):
    # As the `tfds build` command does.
    monkeypatch.syspath_prepend(FOLDER)
    module = f"{name}.{name}_dataset_builder"
    assert tfds.core.community.builder_cls_from_module(module).name == name


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_no_task_is_a_field(name):
    schema = CATALOG[name]
    assert not set(schema.task_names) & {field.name for field in schema.fields}
