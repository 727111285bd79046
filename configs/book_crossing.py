"""Book-Crossing: a searched sparse route beside full sharing.

    mtnas prepare book_crossing --raw-dir RAW --data-dir DATA
    mtnas compare configs/book_crossing.py --seeds 1 --splits 10 \
        --workdir runs/bx --set data.data_dir=DATA

The base net is the one that did best on validation over all methods: layer
normalization in the sub-networks, batch normalization of the gates' scores, no
stem, a table that starts near zero, and dense Adam's trajectory on it.
`compare` also trains MMoE with other base nets, to show the effect of the base.

A second pass over the rows overfits every method except the paper's shape,
which gets three: trainings and searches take one pass.

Gates look at the root feature: searching for their queries, as the paper does,
made random and searched routes worse on validation
(`configs/sweeps/ablations.py`). By then the test rows of an earlier comparison
had been read.

Ten pairs of a split and a seed took about two hours on two cores, before narrow
MMoEs, random routes of the supernet's space and the paper's own search were
trained as well. The results are in `docs/results/book_crossing`.
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
        data=DataConfig(name="book_crossing", num_buckets=300_000),
        model=ModelConfig(
            query_scope="root",
            dedup_singletons=True,
            mmoe_recipes=("plain_gates", "batch_norm", "paper_shape"),
        ),
        optim=OptimConfig(epochs=1),
        search=SearchConfig(
            compared=("candidates", "reinforce", "paper_setting"),
            candidates=CandidatesConfig(
                num_rounds=3, cost_weights=(0.0, 0.01, 0.03, 0.1)
            ),
            supernet=SupernetConfig(epochs=1, warmup_epochs=0),
        ),
    )
