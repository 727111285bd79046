"""Logs the route policy after each epoch."""

import json
from pathlib import Path

import keras
from keras import ops

from mtnas_preprocessing import local_path
from mtnas_tf.types import Logs


class PolicyMonitor(keras.callbacks.Callback):
    """Adds each block's entropy and top probability to the epoch's logs.

    The keys are `entropy/<block>` (nats, of the policy's softmax) and
    `top_prob/<block>` (of the most probable route, see `Supernet.top_probs`),
    where a block is called after its consumer. With a path, also appends one
    JSON line an epoch: these numbers and the most probable route.

    Args:
        path: file to append to. Defaults to `None`, no file.

    Example:
    >>> monitor = PolicyMonitor("routes.jsonl")
    >>> search.fit(data.search, callbacks=[monitor])  # doctest: +SKIP
    """

    def __init__(self, path: str | Path | None = None) -> None:
        super().__init__()
        self.path = None if path is None else local_path(path)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        supernet = self.model.supernet
        entropy = ops.convert_to_numpy(supernet.policy.entropy())
        top_probs = ops.convert_to_numpy(supernet.body.top_probs())
        record: dict[str, float] = {}
        for index, block in enumerate(supernet.space.blocks):
            record[f"entropy/{block.consumer}"] = float(entropy[index])
            record[f"top_prob/{block.consumer}"] = float(top_probs[index])
        if logs is not None:
            logs.update(record)
        if self.path is not None:
            route = self.model.route.to_dict()
            line = json.dumps({"epoch": epoch, **record, "route": route})
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
