"""Checks of the machine that a user runs on, and what to do about each."""

import importlib.util
import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

import psutil
from packaging.requirements import Requirement

from mtnas_preprocessing import local_path
from mtnas_tf.experiment import quiet

OK, HINT, WRONG = "ok", "note", "wrong"
PACKAGE = "mtnas_tf"
PYTHONS = ((3, 11), (3, 14))  # the first that works, the first that may not
LEAST_MEMORY = 2e9  # bytes; the quickstart takes about one
LEAST_DISK = 2e9
# Extra -> a module that it brings, and what it is for.
EXTRAS = {
    "tune": ("optuna", "mtnas tune"),
    "beam": ("apache_beam", "mtnas prepare --beam"),
    "serve": ("kserve", "mtnas serve"),
}

Check = dict[str, str]


def checks(data_dir: str | Path | None = None) -> list[Check]:
    """All checks.

    Args:
        data_dir: where records of data sets lie. Defaults to TFDS's own.

    Returns:
        a dict for each: `name`, `status` (`"ok"`, `"note"` or `"wrong"`),
        `found`, and `advice`, which is empty where there is none.
    """
    found = [
        _python(),
        _packages(),
        _tensorflow(),
        _disk(Path.cwd()),
        _extras(),
    ]
    if found[2]["status"] != WRONG:  # the others read the package's own code
        found += [_memory(), _data(data_dir)]
    return found


def _check(name: str, status: str, found: str, advice: str = "") -> Check:
    return {"name": name, "status": status, "found": found, "advice": advice}


def _python() -> Check:
    first, end = PYTHONS
    is_known = first <= sys.version_info[:2] < end
    advice = (
        f"make an environment of Python {first[0]}.{first[1]} to "
        f"{end[0]}.{end[1] - 1}, as `python3.{first[1]} -m venv .venv` does."
    )
    return _check(
        "python",
        OK if is_known else WRONG,
        f"{platform.python_version()}, {platform.platform(terse=True)}",
        "" if is_known else advice,
    )


def _packages() -> Check:
    """Whether what is installed is what the package asks for."""
    try:
        required = metadata.requires(PACKAGE) or []
    except metadata.PackageNotFoundError:
        advice = f"install it: `pip install {PACKAGE}`."
        return _check("packages", HINT, f"{PACKAGE} is not installed", advice)
    needed = [Requirement(text) for text in required]
    needed = [
        each
        for each in needed
        if each.marker is None or each.marker.evaluate({"extra": ""})
    ]
    unmet = {str(each): _installed(each.name) for each in needed}
    unmet = {
        text: version
        for text, version in unmet.items()
        if version is None
        or not Requirement(text).specifier.contains(version, prereleases=True)
    }
    if not unmet:
        found = f"{len(needed)} packages as {PACKAGE} needs them"
        return _check("packages", OK, found)
    found = ", ".join(f"{k} (is {v or 'missing'})" for k, v in unmet.items())
    wanted = " ".join(f"'{text}'" for text in unmet)
    return _check("packages", WRONG, found, f"run `pip install {wanted}`.")


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _tensorflow() -> Check:
    """Whether TensorFlow starts, and on which devices."""
    try:
        quiet.import_tensorflow()
        import keras
        import tensorflow as tf
    except Exception as error:  # whatever is broken in it
        text = " ".join(str(error).split())
        advice = "reinstall it: `pip install --force-reinstall tensorflow`."
        return _check("tensorflow", WRONG, f"does not start: {text}", advice)
    if keras.backend.backend() != "tensorflow":
        return _check(
            "tensorflow",
            WRONG,
            f"Keras runs on {keras.backend.backend()}",
            "set KERAS_BACKEND=tensorflow, or unset it.",
        )
    gpus = tf.config.list_physical_devices("GPU")
    devices = f"{len(gpus)} GPU" if gpus else "no GPU"
    cores = len(os.sched_getaffinity(0)) if _has_affinity() else os.cpu_count()
    found = (
        f"{tf.__version__}, Keras {keras.__version__}, {cores} cores, {devices}"
    )
    if gpus or shutil.which("nvidia-smi") is None:
        return _check("tensorflow", OK, found)
    advice = (
        "there is a driver of NVIDIA, but TensorFlow sees no GPU: `pip install "
        f"'{PACKAGE}[gpu]'`."
    )
    return _check("tensorflow", HINT, found, advice)


def _has_affinity() -> bool:
    return hasattr(os, "sched_getaffinity")


def _memory() -> Check:
    free = psutil.virtual_memory().available
    found = f"{_gigabytes(free)} free of {_gigabytes(_memory_limit())}"
    if free >= LEAST_MEMORY:
        return _check("memory", OK, found)
    advice = (
        "end other programs, or read data from disk: `--set data.storage=disk`."
    )
    return _check("memory", HINT, found, advice)


def _memory_limit() -> int:
    from mtnas_tf.data.machine_memory import machine_memory

    return machine_memory()


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    found = f"{_gigabytes(free)} free in {folder}"
    if not os.access(folder, os.W_OK):
        advice = "go to a folder of yours, or write by `--workdir` to one."
        return _check("disk", WRONG, f"{folder} cannot be written", advice)
    if free >= LEAST_DISK:
        return _check("disk", OK, found)
    advice = "make room, or write runs elsewhere by `--workdir`."
    return _check("disk", HINT, found, advice)


def _data(data_dir: str | Path | None) -> Check:
    """Which data sets of the catalog are prepared."""
    from mtnas_tf.data.catalog import CATALOG

    place = local_path(
        data_dir
        or os.environ.get("TFDS_DATA_DIR")
        or Path.home() / "tensorflow_datasets"
    )
    names = sorted({name.partition("/")[0] for name in CATALOG})
    ready = [name for name in names if (place / name).is_dir()]
    if ready:
        return _check("data", OK, f"{', '.join(ready)} in {place}")
    advice = (
        "`mtnas prepare book_crossing --raw-dir RAW --data-dir DIR` prepares "
        "one; a table of your own and the quickstart need none."
    )
    return _check("data", HINT, f"no data set is prepared in {place}", advice)


def _extras() -> Check:
    missing = {
        extra: use
        for extra, (module, use) in EXTRAS.items()
        if importlib.util.find_spec(module) is None
    }
    if not missing:
        return _check("extras", OK, ", ".join(EXTRAS))
    found = ", ".join(f"no {extra}" for extra in missing)
    advice = "; ".join(
        f"`pip install '{PACKAGE}[{extra}]'` for `{use}`"
        for extra, use in missing.items()
    )
    return _check("extras", HINT, found, f"{advice}.")


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"
