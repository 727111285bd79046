"""What the tests of this folder share."""

import pytest
from scripted_comparison import COMPARED
from scripted_comparison import Script

from mtnas_tf.experiment.comparison.compare import compare


@pytest.fixture
def script(monkeypatch):
    return Script(monkeypatch)


@pytest.fixture(scope="session")
def scripted():
    """A comparison over two splits that trained nothing."""
    with pytest.MonkeyPatch.context() as patch:
        script, lines, kept = Script(patch), [], []
        result = compare(COMPARED, 2, 2, script.load, lines.append, kept.append)
    assert kept == result["rows"]
    return result, script, lines
