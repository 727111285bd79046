"""The classes that a preset's config may name: this library's and Keras's."""

import importlib
from collections.abc import Iterator

from mtnas_tf.types import Config

PACKAGE = "mtnas_tf"
# Parts of the library that hold what a config names. No command line.
_PARTS = (
    "balancing",
    "data",
    "features",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "population",
    "search",
)


def import_classes(config: Config, argument: str) -> None:
    """Imports the library's classes that a config names, and checks the others.

    Keras finds a class by the name that it registered, and it does so when its
    module is imported.

    Args:
        config: what `keras.saving.serialize_keras_object` returns.
        argument: name of what the config comes from, for the error.

    Raises:
        ValueError: if it names a class of neither this library nor Keras.
    """
    for named in _named_objects(config):
        module = named.get("module")
        if not _is_allowed(named):
            raise ValueError(
                f"`{argument}` must consist of classes of {PACKAGE} and Keras "
                "alone, which any process finds. Received: "
                f"{named['class_name']!r} of module {module!r}, registered as "
                f"{named.get('registered_name')!r}"
            )
        if str(module).startswith(f"{PACKAGE}."):
            importlib.import_module(str(module))


def _is_allowed(named: Config) -> bool:
    module, registered = named.get("module"), named.get("registered_name")
    if not isinstance(module, str):
        return False
    if module.startswith(tuple(f"{PACKAGE}.{part}." for part in _PARTS)):
        name = named["class_name"]
        # A layer may share its name with a model.
        return registered in (f"{PACKAGE}>{name}", f"{PACKAGE}>layers.{name}")
    if module == "builtins":  # an activation by its name
        return named["class_name"] == "function" and (
            named["config"] == registered
        )
    is_of_keras = module == "keras" or module.startswith("keras.")
    # What Keras exports has no registered name.
    return is_of_keras and registered is None


def _named_objects(config: object) -> Iterator[Config]:
    """Every part of a config that names a class or a function."""
    if isinstance(config, dict):
        if "class_name" in config and "config" in config:
            yield config
        for value in config.values():
            yield from _named_objects(value)
    elif isinstance(config, list | tuple):
        for value in config:
            yield from _named_objects(value)
