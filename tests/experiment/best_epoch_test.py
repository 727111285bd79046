import types

import keras
import numpy as np
import pytest
import tiny_experiment
from tiny_experiment import CONFIG

from mtnas_tf.config import with_section
from mtnas_tf.derive import build_model
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.best_epoch import BestEpoch
from mtnas_tf.metrics import mtl_loss

LOSSES = [3.0, 2.0, 2.5, 1.0, 1.5, 1.25, 1.125, 1.0]


class Weights:
    """A model whose weights are the number of the epoch."""

    def __init__(self):
        self.epoch = -1
        self.stop_training = False
        self.metrics = [types.SimpleNamespace(name="loss")]

    def get_weights(self):
        return [np.array([self.epoch, 0.5]), np.array(self.epoch)]

    def set_weights(self, weights):
        pair, alone = weights
        assert pair.tolist() == [int(alone), 0.5]
        self.epoch = int(alone)


def train(patience, path=None, kills=()):
    """Epochs trained, and the model; killed before some, then gone on with."""
    model, epoch = Weights(), 0
    trained = []
    while True:
        best = BestEpoch(patience, path)
        best.set_model(model)
        best.on_train_begin()
        while epoch < len(LOSSES) and not model.stop_training:
            trained.append(epoch)
            model.epoch = epoch
            best.on_epoch_end(epoch, {"val_loss": LOSSES[epoch]})
            epoch += 1
            if epoch in kills and not model.stop_training:
                kills = [kill for kill in kills if kill != epoch]
                break
        else:
            best.on_train_end()
            return trained, model


@pytest.mark.parametrize(
    ("patience", "num_epochs", "kept"), [(1, 3, 1), (2, 6, 3), (9, 8, 3)]
)
@pytest.mark.parametrize("kills", [(), (1,), (2,), (3, 5), (1, 2, 3, 4, 5)])
def test_killed_or_not_the_best_epoch_is_kept(
    patience, num_epochs, kept, kills, tmp_path
):
    path = tmp_path / "best.npz"
    trained, model = train(patience, path, kills)
    assert trained == list(range(num_epochs))
    assert model.epoch == kept
    assert list(tmp_path.iterdir()) == []


def test_an_epoch_that_was_seen_counts_once(tmp_path):
    path = tmp_path / "best.npz"
    for _ in range(2):  # killed before the checkpoint of epoch 1 was written
        model = Weights()
        best = BestEpoch(1, path)
        best.set_model(model)
        best.on_train_begin()
        model.epoch = 0
        best.on_epoch_end(0, {"val_loss": 2.0})
    assert not model.stop_training
    best.on_epoch_end(1, {"val_loss": 2.5})
    assert model.stop_training


@pytest.mark.parametrize(
    ("normalization", "learning_rate"),
    [
        ("batch", 0.1),
        pytest.param("layer", 0.1, marks=pytest.mark.slow),
        pytest.param(None, 0.3, marks=pytest.mark.slow),
    ],
)
def test_a_search_is_that_of_its_best_derived_network(
    normalization, learning_rate
):
    config = with_section(CONFIG, "search.supernet", epochs=4, patience=4)
    config = with_section(config, "optim", learning_rate=learning_rate)
    config = with_section(config, "base", normalization=normalization)
    data = tiny_experiment.load_data(config)
    losses = []

    def derive(epoch, logs):
        data.seek(0)
        network = build_model(search[0], search[0].route, data.train)
        loss = network.evaluate(data.valid, return_dict=True)["loss"]
        assert logs["val_loss"] == pytest.approx(loss, rel=1e-5)
        losses.append(loss)

    search = []
    watch = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: search.append(watch.model),
        on_epoch_end=derive,
    )
    training = runner.search(config, data, [watch], verbose=0)
    assert len(losses) == 4
    assert min(losses) < losses[-1]  # the last epoch is not the best
    derived = runner.derive_model(
        training.model, config, data, "inherit", verbose=0
    )
    for valid in (derived.valid, training.valid):
        loss = mtl_loss(data.schema.tasks, valid)
        assert loss == pytest.approx(min(losses), rel=1e-5)
