"""Ratios and tables of measurements."""

from typing import Any

from benchmarks.harness.measurement import Measurement


def ratio(
    over: Measurement, under: Measurement, figure: str
) -> dict[str, Any] | None:
    """`ratio` (median over the rounds) and `spread`; None if no round."""
    summary = over.ratio_to(under, figure)
    if summary is None:
        return None
    return {"ratio": summary["median"], "spread": summary["spread"]}


def row(measurement: Measurement) -> dict[str, Any]:
    """A subject's figures, each a median with its spread, and its memory."""
    figures = measurement.rounds[0] if measurement.rounds else {}
    own_mb = None
    if measurement.peak_mb is not None and measurement.import_mb is not None:
        own_mb = measurement.peak_mb - measurement.import_mb
    return {
        "subject": measurement.subject,
        **{figure: measurement.summary(figure) for figure in figures},
        "peak_mb": measurement.peak_mb,
        "own_mb": own_mb,
        "error": measurement.error,
    }
