"""Prometheus metrics of the server, beside those of kserve's models."""

import os

from prometheus_client import REGISTRY
from prometheus_client import CollectorRegistry
from prometheus_client import Counter
from prometheus_client import Histogram
from prometheus_client import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

# Set by the process that starts several workers: where each keeps its figures.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BATCH_ROWS = Histogram(
    "mtnas_batch_rows",
    "rows of requests that were predicted together",
    ["model_name"],
    buckets=[2**exponent for exponent in range(13)],
)
REQUESTS = Counter(
    "mtnas_requests",
    "inference requests by protocol and outcome",
    ["model_name", "protocol", "outcome"],
)
REFUSED = Counter(
    "mtnas_refused_versions",
    "versions of models that could not be loaded",
    ["model_name"],
)


def exposition() -> bytes:
    """All metrics as text, those of every worker added up."""
    if SHARED_FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)
