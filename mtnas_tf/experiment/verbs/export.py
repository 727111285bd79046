"""`mtnas export`: a run's model as files that serve it."""

from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path

from mtnas_preprocessing import local_path
from mtnas_tf.experiment.run_files import MODEL
from mtnas_tf.experiment.run_files import Results
from mtnas_tf.experiment.run_files import load_model


def export(
    workdir: Path,
    formats: Sequence[str] | None = None,
    precision: str = "float32",
    say: Callable[[str], None] = print,
) -> Results:
    """Exports a run's model into its `export` directory.

    Args:
        workdir: the run directory.
        formats: see `export_model`. Defaults to `None`, both.
        precision: see `export_model`. Defaults to `"float32"`.
        say: called with lines of text. Defaults to `print`.

    Returns:
        `{"directory": path}`.
    """
    # Files that serve a model lie to the right of this package.
    from export import export_model

    workdir = local_path(workdir)
    directory = export_model(
        load_model(workdir, MODEL),
        workdir / "export",
        formats=tuple(formats or ("onnx", "saved_model")),
        precision=precision,
    )
    say(f"exported to {directory}")
    return {"directory": str(directory)}
