"""The search of arXiv:2009.00387 as the paper has it, on Book-Crossing.

    mtnas prepare book_crossing --raw-dir RAW --data-dir DATA
    mtnas search configs/paper.py --workdir runs/paper \
        --set data.data_dir=DATA
    mtnas derive runs/paper
    mtnas evaluate runs/paper

    mtnas compare configs/paper.py --seeds 1 --splits 10 \
        --workdir runs/paper_compare --set data.data_dir=DATA

Every value stands beside its source in the paper. In a script it is
`SearchModel.paper(schema)`; `paper_setting`, of
`mtnas_tf.experiment.comparison.recipes`, gives another config, of other data,
the same values. `compare` trains the paper's
baselines in the same shape, and as wide as to have as many dense parameters
(section 4.2: "approximately the same").
"""

from mtnas_tf.config import BaseConfig
from mtnas_tf.config import DataConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.config import OptimConfig
from mtnas_tf.config import SearchConfig
from mtnas_tf.config import SupernetConfig


def get_config() -> ExperimentConfig:
    """The experiment."""
    return ExperimentConfig(
        data=DataConfig(
            name="book_crossing",
            num_buckets=1_000_000,  # table 1, "Features(Sparse)"
            batch_size=512,  # section 4.2, of the weights
            reward_batch_size=1024,  # section 4.2, of the route logits
        ),
        base=BaseConfig(
            embedding_dim=10,  # section 4.2
            stem_units=64,  # section 4.2, "one fully-connected layer followed"
            normalization=None,  # the paper names none
            gate_normalization=None,  # equation 1
            dropout_rate=0.0,  # the paper names none
            table_stddev=0.03,  # the paper does not say; about Keras's own
        ),
        model=ModelConfig(
            num_layers=2,  # section 4.2
            num_subnetworks=4,  # section 4.2
            units=64,  # section 4.2, "of all fully-connected layers"
            query_scope="prev",  # section 3.1, and the root: table 5, w/o QS
            root_query="features",  # section 4.2, the root shared feature
            aggregation="gate",  # equation 1
            dedup_singletons=False,  # section 3.1, the Cartesian product
            merge_singletons=False,  # section 3.3, the maximum probability
            baselines=("single_task", "shared_bottom", "mmoe", "ml_mmoe"),
            match_parameters=True,  # section 4.2, "approximately the same"
        ),
        optim=OptimConfig(
            learning_rate=1e-3,  # section 4.2, Adam
            weight_decay=5e-4,  # section 4.2
            # The paper does not say whether a step moves rows of the table that
            # are not in its batch; sparse optimizers of its time do not.
            semantics="lazy",
            # The paper does not say when a training ends. It is kept at its
            # best epoch by validation loss; the third is past it.
            epochs=3,
        ),
        search=SearchConfig(
            method="paper",  # section 3.2, equations 4-5
            compared=("paper",),
            weights="inherit",  # section 1, "the route and its weights"
            supernet=SupernetConfig(
                num_routes=None,  # the estimator's: 1, section 3.3, "a route"
                route_learning_rate=1e-2,  # section 4.2, Adam
                reward="auc_sum",  # section 4.2
                warmup_epochs=0,  # section 3.3, logits and weights "in turn"
                # The paper does not say when it ends. Its best epoch is kept,
                # by the validation loss of the network that is derived.
                epochs=10,
                patience=3,
            ),
        ),
    )
