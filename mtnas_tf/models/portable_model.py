"""A model that other processes load, as a preset or exported."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from mtnas_tf.data import TaskSpec
from mtnas_tf.optimizers import settled
from mtnas_tf.presets import ModelCard
from mtnas_tf.presets import save_preset


class PortableModel(keras.Model):
    """A model that other processes load.

    `save_to_preset` keeps it as a model, `export` what it predicts.
    """

    @property
    def task_specs(self) -> Sequence[TaskSpec]:
        """The tasks that it predicts."""
        raise NotImplementedError

    def served_inputs(self) -> dict[str, Any]:
        """Name -> `tf.TensorSpec` of its inputs, of any batch size."""
        raise NotImplementedError

    def served_model(self) -> keras.Model:
        """What is exported: the model, its inputs checked."""
        return self

    def costs(self) -> dict[str, int]:
        """What it costs to keep and to serve, as a card names it."""
        return {"Weights": self.count_params()}

    def save_to_preset(
        self,
        directory: str | os.PathLike[str],
        overwrite: bool = False,
        card: ModelCard | None = None,
    ) -> Path:
        """Saves the model as a directory that `from_preset` loads.

        It holds the weights, the config as Keras serializes it, the schema with
        its vocabularies, the route of a model that has one, a card to read
        (`README.md`), and a manifest with a SHA-256 digest of every file. No
        optimizer and nothing pickled. It is written beside `directory`, loaded
        back and renamed at the end.

        Args:
            directory: path of the preset. Must not exist.
            overwrite: bool. Whether an earlier preset there is replaced;
                anything else never is. Defaults to `False`.
            card: `ModelCard`, what only you know of the model. Defaults to
                `None`: the card says that it is not stated.

        Returns:
            `pathlib.Path` of `directory`.

        Raises:
            FileExistsError: if there is something at `directory`.
            ValueError: if a part of the model is of neither this library nor
                Keras, so that another process would not find it.
        """
        return save_preset(
            self,
            directory,
            overwrite=overwrite,
            card=card or ModelCard(),
            tasks=self.task_specs,
            costs=self.costs(),
        )

    def export(
        self,
        filepath: str | os.PathLike[str],
        format: str = "tf_saved_model",
        verbose: bool | str | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """As `keras.Model.export`, with the inputs that the model describes.

        The file predicts what the model predicts and fails for ids outside of
        the table. `export.export_model` also proves so before the file is in
        place, adds the manifest that `Predictor` reads, leaves out what some
        tasks do not need, and writes faster ONNX graphs.

        Args:
            filepath: path to write.
            format: `"tf_saved_model"`, `"onnx"`, `"litert"` (to a path that
                ends in `.tflite`) or another of `keras.Model.export`. Defaults
                to `"tf_saved_model"`.
            verbose: see `keras.Model.export`. Defaults to `None`.
            input_signature: see `keras.Model.export`. Defaults to `None`: a
                dict of `ids`, int64 `(batch, id columns)`, and/or `values`,
                float32 `(batch, floats)`, or of `images`, float32.
            **kwargs: Passed to `keras.Model.export`.
        """
        if input_signature is None:
            # Keras infers floats for ids, and nothing before the first call.
            input_signature = [self.served_inputs()]
        with settled(self.weights):
            keras.Model.export(
                self.served_model(),
                filepath,
                format,
                verbose,
                input_signature,
                **kwargs,
            )
