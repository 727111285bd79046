"""What each script of `examples/` is called with in its notebook."""

SVG = "from IPython.display import SVG"
# Made-up rows, in place of a log of one's own.
LOG = """\
import tensorflow_datasets as tfds

import tfds_builders  # registers `synthetic_log`

tasks = ["click", "purchase", "like", "share"]
columns = ["user_id", "item_id", "hour", "device", *tasks]
records = tfds.load("synthetic_log/seed0", split="train", data_dir="made_up")
log = tfds.as_dataframe(records)[columns]\
"""
OUTPUT = 'pathlib.Path("out")'
# Script -> (argument of `main` -> its value, what goes before).
SCRIPTS = {
    "own_csv.py": (
        {"path": '"log.csv"', "tasks": "tasks", "output": OUTPUT},
        (SVG, LOG, 'log.to_csv("log.csv", index=False)', ""),
    ),
    "fine_tune_and_serve.py": (
        {
            "model": '"model.keras"',
            "schema": '"schema.json"',
            "table": '"new.csv"',
            "output": OUTPUT,
        },
        (
            LOG,
            "old, new = log[:5000], log[5000:]",
            'new.to_csv("new.csv", index=False)',
            "trained = mt.data.from_dataframe(old, tasks)",
            'trained.schema.save("schema.json")',
            "mmoe = mt.models.MMoE(trained.schema)",
            "mmoe.compile(mt.optimizers.SparseAdam(1e-3))",
            "mmoe.fit(trained.train, epochs=3, verbose=0)",
            'mmoe.save("model.keras")',
            "",
        ),
    ),
    "kuairand.py": (
        {"data_dir": '"data"', "output": OUTPUT},
        (SVG, ""),
    ),
    "reinforce_search.py": (
        {"data_dir": '"data"', "output": OUTPUT},
        (SVG, ""),
    ),
}
