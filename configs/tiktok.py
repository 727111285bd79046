"""Tiktok (ICME 2019, track 2): a video is finished, and liked.

    mtnas prepare tiktok/chunked --raw-dir RAW --data-dir DATA
    mtnas compare configs/tiktok.py --seeds 1 --splits 10 \
        --workdir runs/tiktok --set data.data_dir=DATA

Tables 2 and 3 of arXiv:2009.00387. The base net and the space are those of
`configs/book_crossing.py`; nothing was tuned, for the full file was not at
hand.
"""

from mtnas_tf.config import CandidatesConfig
from mtnas_tf.config import DataConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.config import OptimConfig
from mtnas_tf.config import SearchConfig
from mtnas_tf.config import SupernetConfig


def get_config() -> ExperimentConfig:
    """The experiment."""
    return ExperimentConfig(
        data=DataConfig(name="tiktok/chunked"),
        model=ModelConfig(query_scope="root", dedup_singletons=True),
        optim=OptimConfig(epochs=3),
        search=SearchConfig(
            candidates=CandidatesConfig(num_rounds=3, cost_weights=(0.0, 0.01)),
            supernet=SupernetConfig(epochs=1, warmup_epochs=0),
        ),
    )
