import re

import keras
import numpy as np
import pytest
from toy_data import make_data

from mtnas_tf.models import FitProgress
from mtnas_tf.models import SharedBottom
from mtnas_tf.models.epoch_text import epoch_text
from mtnas_tf.progress import shown_progress


@pytest.fixture(scope="module")
def data():
    return make_data()  # 4 steps an epoch


@pytest.fixture(scope="module")
def model(data):
    model = SharedBottom(data.schema, hidden_units=(3,))
    model.compile(jit_compile=False)
    return model


@pytest.fixture(scope="module")
def plain():
    """A model without tasks, and batches of unknown number."""
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(loss="mse", run_eagerly=True)
    rows = np.ones((2, 3), "float32")
    return model, [(rows, rows[:, :1])] * 3


pytestmark = pytest.mark.filterwarnings(
    "ignore:Your input ran out of data",
)


@pytest.mark.slow
def test_a_line_an_epoch(data, model, capsys):
    model.fit(
        data.train,
        validation_data=data.valid,
        epochs=2,
        verbose=0,
        callbacks=[FitProgress()],
    )
    first, second = capsys.readouterr().out.splitlines()
    number = r"[0-9.]+(e[+-][0-9]+)?"
    pattern = (
        r"epoch 1/2, \d+ s: loss N, valid loss N; "
        "click auc N, log_loss N; buy auc N, log_loss N"
    )
    assert re.fullmatch(pattern.replace("N", number), first)
    assert second.startswith("epoch 2/2, ")


def test_silence(data, model, capsys):
    model.fit(data.train, verbose=0, callbacks=[FitProgress(0)])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("epochs", [1, 3])
def test_steps_of_a_fit_add_up_to_its_work(data, model, epochs, capsys):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    seen = []
    with shown_progress(10.0, seen.append) as whole:
        bar = FitProgress(work=2.0)
        model.fit(data.train, epochs=epochs, verbose=0, callbacks=[Stop(), bar])
        np.testing.assert_allclose(whole.done, 2.0, rtol=1e-12)
    assert len(seen) == 1  # above the only bar
    assert capsys.readouterr().out == ""


def test_steps_are_those_of_the_whole_training(data, model):
    done = []
    with shown_progress(8.0, print) as whole:
        bar = FitProgress(0, work=8.0)
        count = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: done.append(whole.done)
        )
        model.fit(
            data.train,
            epochs=2,
            initial_epoch=1,  # as one that is resumed
            verbose=0,
            callbacks=[bar, count],
        )
    assert done == [5.0, 6.0, 7.0, 8.0]


def test_an_unknown_number_of_steps(plain, capsys):
    model, batches = plain
    bar = FitProgress()
    lines = []

    class Line(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            lines.append(bar._progress.line())

    model.fit(
        (batch for batch in batches),
        verbose=0,
        callbacks=[Line(), bar],
    )
    assert re.fullmatch(r"epoch 1/1: 3 steps, 00:0\d so far.*", lines[0])
    assert "left" not in lines[0]
    assert re.fullmatch(
        r"epoch 1/1, \d+ s: loss [0-9.]+\n", capsys.readouterr().out
    )


def test_what_is_no_metric_of_a_task(model):
    logs = {
        "entropy": 0.5,
        "loss": 2.0,
        "val_loss": 1.0,
        "click_loss": 0.75,
        "skipped_tasks": 0.0,
        "entropy/click": 0.25,
        "learning_rate": 1e-5,
    }
    assert epoch_text(model, logs) == (
        "loss 2.0000, valid loss 1.0000, entropy 0.5000, learning_rate 1e-05"
    )
    of_training = {k: logs[k] for k in ("loss", "click_loss")}
    assert epoch_text(model, of_training) == "loss 2.0000; click loss 0.7500"
