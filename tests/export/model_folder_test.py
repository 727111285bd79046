"""Which exports a folder holds, and which are damaged."""

import json
import os
import shutil

import pytest

from export.serving.server.model_folder import check_files
from export.serving.server.model_folder import find_exports
from export.serving.server.model_folder import stamp_of


@pytest.fixture
def models(tmp_path):
    """Two models, one of two versions, and what is none."""
    for version in ("clicks/1", "clicks/10", "stars/3"):
        (tmp_path / version).mkdir(parents=True)
    for other in ("clicks/.11.staging", "clicks/01", "clicks/x", ".git/1"):
        (tmp_path / other).mkdir(parents=True)
    (tmp_path / "clicks" / "2").touch()
    (tmp_path / "README").touch()
    return tmp_path


def test_models_and_versions_of_a_folder(models):
    assert find_exports(models, None) == {
        ("clicks", 1): models / "clicks" / "1",
        ("clicks", 10): models / "clicks" / "10",
        ("stars", 3): models / "stars" / "3",
    }


@pytest.mark.parametrize(("name", "expected"), [(None, "clicks"), ("c", "c")])
def test_versions_of_one_model(models, name, expected):
    found = find_exports(models / "clicks", name)
    assert set(found) == {(expected, 1), (expected, 10)}


def test_an_export_is_version_1(export_dir):
    for path in (export_dir, export_dir / "model.onnx"):
        assert find_exports(path, None) == {("toy", 1): export_dir}
    assert set(find_exports(export_dir, "clicks")) == {("clicks", 1)}


def test_wrong_folders(models):
    with pytest.raises(FileNotFoundError, match="`artefact` must be a folder"):
        find_exports(models / "absent", None)
    with pytest.raises(ValueError, match="`name` must be left out.*'c'"):
        find_exports(models, "c")


def test_a_whole_export_passes(export_dir):
    check_files(export_dir)


def test_a_cut_file_is_refused(export_dir, tmp_path):
    copy = shutil.copytree(export_dir, tmp_path / "copy")
    before = stamp_of(copy)
    os.truncate(copy / "model.onnx", 100)
    assert stamp_of(copy) != before
    with pytest.raises(ValueError, match="must have the sha256 of its manif"):
        check_files(copy)


def test_a_manifest_without_a_digest_is_refused(export_dir, tmp_path):
    copy = shutil.copytree(export_dir, tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["files"]["model.onnx"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="sha256 of its manifest, None"):
        check_files(copy)


def test_a_missing_file_has_a_stamp(tmp_path):
    assert stamp_of(tmp_path) == (None, None, None)
