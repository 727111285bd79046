"""Texts of the command line's help that several verbs have."""

FILE = "CSV, JSON lines or Parquet, by its suffix"
TASKS = "columns of a table that are labels: a,b"
TABLE = "--table log.parquet --tasks click,like"
# What the help of a verb ends with.
EXAMPLES = {
    "quickstart": "",
    "prepare": "book_crossing --raw-dir ~/BX-CSV-Dump --data-dir data",
    "describe": "log.parquet --tasks click,like",
    "infer": "log.parquet --tasks click,like --output schema.json",
    "advise": f"{TABLE} --workdir advice",
    "train": f"{TABLE} --model mmoe --workdir run",
    "search": f"{TABLE} --workdir run --budget 5",
    "derive": "run",
    "evaluate": "run --split valid",
    "compare": f"{TABLE} --workdir comparison",
    "sweep": "configs/sweeps/sizes.py --workdir sizes",
    "tune": f"{TABLE} --workdir tuned",
    "export": "run",
    "predict": "run/export --input rows.csv --output predictions.csv",
    "serve": "run/export --name clicks",
}
