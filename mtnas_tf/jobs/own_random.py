"""Keeps a Dask worker's other threads off Python's random numbers."""

import random
import sys

from distributed import Worker
from distributed import WorkerPlugin


class OwnRandom(WorkerPlugin):
    """Lets Dask draw from a generator of its own in its workers.

    Keras draws the seeds of initial weights from Python's global generator,
    which a job seeds. A worker runs jobs beside Dask's own threads, which draw
    from the same generator, such as when they measure memory and disk at first:
    between seeding and drawing, they would change what the job draws.
    """

    name = "mtnas_tf.own_random"

    def setup(self, worker: Worker) -> None:
        for name, module in list(sys.modules.items()):
            is_dask = name.partition(".")[0] in (
                "dask",
                "distributed",
                "tornado",
            )
            if is_dask and getattr(module, "random", None) is random:
                own = random.Random()
                own.Random = random.Random  # type: ignore[attr-defined]
                vars(module)["random"] = own
