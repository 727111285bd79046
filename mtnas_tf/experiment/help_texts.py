"""Texts of the command line's help."""

from mtnas_tf import __version__

VERSION = f"mtnas_tf {__version__}"
FILE = "CSV, JSON lines or Parquet, by its suffix"
TASKS = "columns of the table that are labels"
SCHEMA = "of the table, the JSON file of `mtnas data infer`"
TABLE = "--table log.parquet --tasks click,like"
GOES_ON = "the same command goes on where it was."
# Behind the list of verbs.
BEGIN = """\
to begin:
  mtnas doctor                 is this machine ready?
  mtnas quickstart             the whole line on made-up data, in minutes
  mtnas compare --table log.parquet --tasks click,like --workdir first"""
# What a verb does, in a sentence or two.
DESCRIPTIONS = {
    "doctor": "Check versions, devices, memory, disk and data, and say what to "
    "mend.",
    "quickstart": "Run the whole line once, on a made-up log: search a route,\n"
    "compare it, export it, predict with it, and write a report.",
    "prepare": "Turn the raw files of a public data set into TFDS records.",
    "describe": "Count rows, labels, missing values and collisions of ids.",
    "infer": "Propose a schema for a table, and write it to be edited.",
    "advise": "Train the tasks alone and together; say whether they conflict, "
    "and what a search\nmay gain at most. Keep a report.",
    "train": "Train one model and keep it, its curves and a report.",
    "search": "Search which parts the tasks should share; keep the network and "
    f"a report.\nIf one in a supernet is stopped, {GOES_ON}",
    "derive": "Build the network of the route that a run has searched.",
    "evaluate": "Compute exact metrics of a run's model, calibration included.",
    "compare": "Train every method on the same rows, and say which differences "
    f"are more than\nchance. If it is stopped, {GOES_ON}",
    "sweep": "Make a comparison for every variant of a config. If it is "
    f"stopped,\n{GOES_ON}",
    "tune": "Find learning rate and weight decay of every method, by as many "
    "trials for each.\nThen let other verbs train with them: --set "
    "optim.tuned=DIR/tune.json.\nNeeds Optuna: pip install 'mtnas_tf[tune]'.",
    "report": "Write a run, a comparison, a sweep, a tuning or an advice as "
    "one HTML page,\nwhich needs no network.",
    "export": "Write a run's model as files that a server can run, checked "
    "against the model.",
    "serve": "Serve exports by the Open Inference Protocol V2, without "
    "TensorFlow.\nNeeds KServe: pip install 'mtnas_tf[serve]'.",
    "predict": "Predict the rows of a file by an exported model, without "
    "TensorFlow.",
}
# What the help of a verb ends with.
EXAMPLES = {
    "doctor": "--data-dir data",
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
    "report": "runs/comparison --output comparison.html",
    "export": "run",
    "predict": "run/export --input rows.csv --output predictions.csv",
    "serve": "run/export --name clicks",
}
