import psutil
import pytest

from mtnas_tf.data import machine_memory as module
from mtnas_tf.data.machine_memory import machine_memory

TOTAL = psutil.virtual_memory().total


@pytest.mark.parametrize(
    ("text", "expected"),
    [("4096\n", 4096), ("max\n", TOTAL), (str(2 * TOTAL), TOTAL)],
)
def test_a_container_may_have_less(tmp_path, monkeypatch, text, expected):
    (tmp_path / "memory.max").write_text(text)
    files = (tmp_path / "absent", tmp_path / "memory.max")
    monkeypatch.setattr(module, "LIMIT_FILES", files)
    assert machine_memory() == expected
