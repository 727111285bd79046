import pytest

from mtnas_tf.config import load_config
from mtnas_tf.config import load_sweep


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.py", "def get_config(:\n", "is not Python: line 1: invalid syntax"),
        ("c.py", "import nothing_such\n", "fails in line 1: ModuleNotFound"),
        ("c.py", "\n\nx = y\n", "fails in line 3: NameError: name 'y'"),
        (
            "c.py",
            "from mtnas_tf.config import OptimConfig\n"
            "def get_config():\n    return OptimConfig(epoch=3)\n",
            "fails in line 3: TypeError: .*'epoch'",
        ),
        ("c.py", "x = 1\n", "must have `get_config`"),
        ("t.parquet", "PAR1\0", "a table is named by `--table .*t.parquet`"),
        ("t.csv", "user,click\n", "a table is named by `--table .*t.csv`"),
        ("config.json", "{", "config.json must hold JSON: "),
        ("config.json", "[]", "`config` must hold the keys"),
    ],
)
def test_a_file_that_is_no_config(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_config(path)


def test_a_config_is_no_sweep(tmp_path):
    path = tmp_path / "c.py"
    path.write_text("def get_config():\n    return 1\n")
    with pytest.raises(ValueError, match="must have `get_sweep`"):
        load_sweep(path)
    with pytest.raises(ValueError, match="return a `mtnas_tf.config.Exper.*1$"):
        load_config(path)
    path.write_text("def get_sweep():\n    return None\n")
    with pytest.raises(ValueError, match="return a `mtnas_tf.config.Sweep`.*N"):
        load_sweep(path)
