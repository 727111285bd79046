"""Preparing a data set as an Apache Beam pipeline."""

import itertools
from collections.abc import Iterator
from typing import Any

import tensorflow_datasets as tfds

NUM_PARTS = 16


def beam_options(text: str) -> Any:
    """Beam's `PipelineOptions`, from `name=value` pairs between commas.

    Raises:
        ImportError: if Apache Beam is not installed.
    """
    try:
        from apache_beam.options import pipeline_options
    except ImportError as error:
        raise ImportError(
            "`beam_options` need Apache Beam: pip install 'mtnas_tf[beam]'"
        ) from error
    flags = [f"--{option}" for option in text.split(",") if option]
    return pipeline_options.PipelineOptions(flags=flags)


def generate_on_beam(
    builder: tfds.core.DatasetBuilder, num_parts: int = NUM_PARTS
) -> None:
    """Makes `builder.download_and_prepare` run a pipeline; equal records.

    Every split is generated in parts: a worker reads the raw files, which it
    must be able to reach, and encodes and writes its share of the records.

    Args:
        builder: a TFDS builder that generates examples one by one.
        num_parts: int > 0. Parts of a split. Defaults to `16`.
    """
    import apache_beam

    split_generators = builder._split_generators

    def transforms(dl_manager: Any) -> dict[str, Any]:
        places = {
            "download_dir": str(dl_manager.download_dir),
            "manual_dir": str(dl_manager._manual_dir or ""),
        }
        return {
            split: apache_beam.Create(range(num_parts))
            | f"deal {split}" >> apache_beam.Reshuffle()
            | f"generate {split}"
            >> apache_beam.FlatMap(_examples, builder, places, split, num_parts)
            for split in split_generators(dl_manager)
        }

    builder._split_generators = transforms


def _examples(
    part: int,
    builder: tfds.core.DatasetBuilder,
    places: dict[str, str],
    split: str,
    num_parts: int,
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Every `num_parts`-th example of a split, from `part` on."""
    # Pickled, a builder is made anew: it generates one by one again.
    dl_manager = tfds.download.DownloadManager(
        download_dir=places["download_dir"],
        manual_dir=places["manual_dir"] or None,
        manual_dir_instructions=builder.MANUAL_DOWNLOAD_INSTRUCTIONS,
        dataset_name=builder.name,
    )
    generator = dict(builder._split_generators(dl_manager))[split]
    yield from itertools.islice(generator, part, None, num_parts)
