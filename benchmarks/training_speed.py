"""Training speed of MMoE against the rows of its embedding table.

    python benchmarks/training_speed.py

Twelve fields of Zipf-distributed ids, embeddings of 10, four experts of 64, two
tasks, batches of 512. The tables take turns, so that a change of the machine's
speed hits all of them; medians over the rounds are printed.
"""

import argparse

import keras
import numpy as np

import mtnas_tf as mt
from mtnas_tf.experiment.throughput import Throughput

NUM_FIELDS = 12
BATCH_SIZE = 512
STEPS = 100


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[10_000, 1_000_000, 4_000_000]
    )
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    trainers = [_Trainer(rows) for rows in arguments.rows]
    seconds = np.array(
        [
            [trainer.step_seconds() for trainer in trainers]
            for _ in range(arguments.rounds)
        ]
    )
    ratios = seconds / seconds[:, :1]
    print("| rows | step ms (min-max) | examples/s | step / first |")
    print("| ---: | ---: | ---: | ---: |")
    for column, rows in enumerate(arguments.rows):
        times = seconds[:, column] * 1e3
        median = np.median(times)
        print(
            f"| {rows:,} | {median:.2f} ({times.min():.2f}-{times.max():.2f}) "
            f"| {BATCH_SIZE / median * 1e3:,.0f} "
            f"| {np.median(ratios[:, column]):.2f} |"
        )


class _Trainer:
    """MMoE on random rows, for a table of one size."""

    def __init__(self, num_buckets: int) -> None:
        schema = mt.data.DatasetSchema(
            name="random",
            fields=tuple(
                mt.data.FieldSpec(name=f"field_{i}") for i in range(NUM_FIELDS)
            ),
            tasks=(mt.data.TaskSpec(name="a"), mt.data.TaskSpec(name="b")),
            num_buckets=num_buckets,
        )
        split = self._random_split(schema)
        self.data = mt.data.MultiTaskData(
            schema, split, split, split, batch_size=BATCH_SIZE
        )
        keras.utils.set_random_seed(0)
        self.model = mt.models.MMoE(schema)
        self.model.compile()
        self.step_seconds()  # compiles

    def step_seconds(self) -> float:
        """Seconds per step in `fit`, input included."""
        throughput = Throughput()
        self.model.fit(
            self.data.train, verbose=0, shuffle=False, callbacks=[throughput]
        )
        return throughput.step_seconds

    def _random_split(self, schema: mt.data.DatasetSchema) -> mt.data.Split:
        rng = np.random.default_rng(0)
        shape = (STEPS * BATCH_SIZE, NUM_FIELDS)
        ids = rng.zipf(1.2, shape) % schema.num_buckets
        labels = {
            task: rng.integers(0, 2, (len(ids), 1)).astype(np.float32)
            for task in schema.task_names
        }
        return mt.data.Split({"ids": ids.astype(np.int32)}, labels)


if __name__ == "__main__":
    main()
