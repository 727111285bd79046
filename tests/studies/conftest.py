"""What the tests of this folder share."""

import pytest

from studies.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(
        num_splits=1, num_seeds=1, is_smoke=True, build_dir=tmp_path / "build"
    )
