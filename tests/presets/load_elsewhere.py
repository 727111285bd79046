"""Loads presets and exports in another Python, and keeps what they predict.

    python load_elsewhere.py FOLDER

`FOLDER` has a folder for each model, with `preset/`, `inputs.npz` and, if it is
exported too, `export/` and `rows.jsonl`. Beside them `preset.npz` and
`export.npz` are written, task -> predictions.
"""

import json
import pathlib
import sys

import numpy as np

import mtnas_tf as mt
from export.serving import Predictor


def main(folder):
    for home in sorted(folder.iterdir()):
        inputs = dict(np.load(home / "inputs.npz"))
        model = mt.models.from_preset(home / "preset")
        np.savez(home / "preset.npz", **model.predict(inputs, verbose=0))
        if (home / "export").is_dir():
            lines = (home / "rows.jsonl").read_text("utf-8").splitlines()
            rows = [json.loads(line) for line in lines]
            predicted = Predictor(home / "export").predict(rows)
            np.savez(home / "export.npz", **predicted)
    print(*sys.version_info[:2])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
