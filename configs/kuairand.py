"""KuaiRand: five reactions to the same videos, in 15 scenarios.

    mtnas prepare kuairand/pure --raw-dir RAW --data-dir DATA
    mtnas compare configs/kuairand.py --models all --seeds 2 --splits 3 \
        --workdir runs/kuairand --set data.data_dir=DATA

Tasks are those of which at least 1 % of the rows are positive: click, long
view, played to the end, like, and a visit of the author's profile.
`configs/kuairand_all.py` has nine. Rows are dealt at random, `data.split_seed`
1 and the next ones: 5/7, 1/7 and 1/7 of those that are not held out, about.
`--set data.split_seed=0 --splits 1` splits by time instead: it trains on 25
April to 4 May, validates on 5 and 6 May and tests on 7 and 8 May.

15 % of the rows, all those of some users, are in none of these splits. They are
for one last look, after every setting and method was chosen; it trains the same
networks and evaluates them on the held-out rows instead of the test rows:

    mtnas compare configs/kuairand.py --models all --seeds 2 --splits 3 \
        --workdir runs/kuairand_last --set data.data_dir=DATA \
        --set data.reads_holdout=true

Likes are rare: `--set model.mmoe_loss_weights=like:10` adds MMoE in which
their loss weighs ten times as much, the row `mmoe_weighted`.

The base net and the search are those of `configs/book_crossing.py`, and so is
the single pass over the rows. Nothing was tuned here, though a larger learning
rate would do likes good. That, and what came of the methods that read the tab,
is in `docs/results/methods_kuairand`.
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
        data=DataConfig(name="kuairand/pure", split_seed=1),
        model=ModelConfig(
            query_scope="root",
            dedup_singletons=True,
            baselines=(
                *("single_task", "shared_bottom", "mmoe", "ple"),
                *("pepnet", "poso", "star"),
            ),
        ),
        optim=OptimConfig(epochs=1),
        search=SearchConfig(
            candidates=CandidatesConfig(num_rounds=3),
            supernet=SupernetConfig(epochs=1, warmup_epochs=0),
        ),
    )
