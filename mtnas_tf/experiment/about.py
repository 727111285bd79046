"""What made a run, and of what: the file `about.json`."""

import time
from pathlib import Path

from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.label_counts import label_counts
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.experiment.versions import versions

ABOUT = "about.json"


def write_about(run: Path, made_by: str, data: MultiTaskData) -> None:
    """Writes `about.json`.

    Args:
        run: an existing directory.
        made_by: string. The command, and what it trained.
        data: `MultiTaskData` of the run.
    """
    found = {
        "made_by": made_by,
        "date": time.strftime("%Y-%m-%d"),
        "versions": versions(),
        "rows": {name: len(split) for name, split in data.splits.items()},
        "labels": label_counts(data.schema, data.splits),
    }
    write_text(run / ABOUT, strict_json(found))
