"""Counts the examples of a data set while TFDS writes them."""

import contextlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import TypeVar

import tensorflow_datasets as tfds

from mtnas_tf.stages import stage

Example = TypeVar("Example")


@contextlib.contextmanager
def counted_examples(builder: tfds.core.DatasetBuilder) -> Iterator[None]:
    """Shows `builder.download_and_prepare` as stages, in place of TFDS's lines.

    Args:
        builder: a TFDS builder that generates examples one by one. Time left is
            shown if it gives a `SizedExamples` for every split.
    """
    split_generators = builder._split_generators
    with contextlib.ExitStack() as stages:

        def counted(
            dl_manager: tfds.download.DownloadManager,
        ) -> dict[str, Iterator[Any]]:
            with stage("raw files"):
                splits = split_generators(dl_manager)
            count = stages.enter_context(
                stage("records", _total(splits), "records")
            )
            return {name: _each(splits[name], count) for name in splits}

        builder._split_generators = counted
        builder._log_download_bytes = _no_line
        builder._log_download_done = _no_line
        yield


def _total(splits: Mapping[str, Any]) -> int | None:
    """The number of all examples, if it is known."""
    try:
        return sum(map(len, splits.values()))
    except TypeError:
        return None


def _each(
    examples: Iterable[Example], count: Callable[[float], None]
) -> Iterator[Example]:
    for example in examples:
        yield example
        count(1)


def _no_line() -> None:
    """Prints nothing."""
