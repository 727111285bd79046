import pathlib

import numpy as np
import pytest

from mtnas_tf.data import load
from mtnas_tf.data import prepare
from tfds_builders.goodreads_poetry import parsing as goodreads_poetry
from tfds_builders.tiktok import parsing as tiktok


@pytest.mark.slow
@pytest.mark.parametrize("module", [goodreads_poetry, tiktok])
def test_both_layouts_give_the_same_rows(tmp_path, module):
    folder = pathlib.Path(module.__file__).parent
    loaded = []
    for layout in ("rows", "chunked"):
        name = f"{folder.name}/{layout}"
        prepare(name, raw_dir=folder / "dummy_data", data_dir=tmp_path)
        loaded.append(load(name, data_dir=tmp_path, batch_size=2))
    for split in ("train", "valid", "test"):
        rows, chunks = (
            np.concatenate(
                [arrays.inputs["ids"], *arrays.labels.values()], axis=1
            )
            for arrays in (data.splits[split] for data in loaded)
        )
        np.testing.assert_array_equal(
            rows[np.lexsort(rows.T)], chunks[np.lexsort(chunks.T)]
        )
