import re

import pytest
import tensorflow_datasets as tfds

from tfds_builders import generate_raw_files


@pytest.mark.parametrize("dataset", generate_raw_files.GENERATORS)
def test_written_files_can_be_prepared(tmp_path, dataset):
    raw = tmp_path / "new" / "raw"
    generate_raw_files.main([dataset, "--rows", "2500", "--out", str(raw)])
    builder = tfds.builder(f"{dataset}/chunked", data_dir=tmp_path)
    config = tfds.download.DownloadConfig(manual_dir=raw)
    builder.download_and_prepare(download_config=config)
    num_rows = 0
    for split in builder.info.splits:
        records = list(tfds.as_numpy(builder.as_dataset(split=split)))
        sizes = [len(next(iter(record.values()))) for record in records]
        assert max(sizes) <= 1000
        num_rows += sum(sizes)
    assert num_rows == 2500


def test_seed_reaches_the_files(tmp_path):
    contents = []
    for name, *seed in (("a",), ("b", "--seed", "0"), ("c", "--seed", "1")):
        out = tmp_path / name
        generate_raw_files.main(["tiktok", "--rows=9", f"--out={out}", *seed])
        (file,) = out.iterdir()
        contents.append(file.read_bytes())
    assert contents[0] == contents[1] != contents[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["movielens", "--rows=9", "--out=x"], "invalid choice: 'movielens'"),
        (["tiktok", "--rows=0", "--out=x"], "--rows must be positive.*: 0"),
        (
            ["tiktok", "--rows=9", "--seed=-1", "--out=x"],
            "--seed must not be negative.*: -1",
        ),
        (["tiktok", "--rows=9"], "required: --out"),
    ],
)
def test_wrong_arguments_are_named(capsys, arguments, message):
    with pytest.raises(SystemExit):
        generate_raw_files.main(arguments)
    assert re.search(message, capsys.readouterr().err)
