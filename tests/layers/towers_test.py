import checks
import keras
import numpy as np
import pytest
import toy_data
from checks import relu
from checks import sigmoid
from tolerances import assert_near

from mtnas_tf.data import TaskSpec
from mtnas_tf.layers import Towers
from mtnas_tf.losses.tower_outputs import tower_outputs_of

SCALED = TaskSpec(name="stars", kind="regression", mean=3.0, scale=0.5)
TASKS = (toy_data.CLICK, SCALED, TaskSpec(
    name="link", kind="multiclass", num_classes=4
))  # fmt: skip
RNG = np.random.default_rng(0)
UNITS = {"click": 3, "stars": 5, "link": 2}
HIDDEN = {
    name: RNG.normal(size=(6, units)).astype("f")
    for name, units in UNITS.items()
}


def make(**kwargs):
    towers = Towers(TASKS, **kwargs)
    towers.build({name: x.shape for name, x in HIDDEN.items()})
    checks.randomize(towers)
    return towers


def test_a_tower_of_one_layer():
    towers = make()
    outputs = towers(HIDDEN)
    logits = {
        name: x @ towers.output_layers[name].kernel.numpy()
        + towers.output_layers[name].bias.numpy()
        for name, x in HIDDEN.items()
    }
    assert_near(outputs["click"], sigmoid(logits["click"]))
    assert_near(outputs["stars"], 0.5 * logits["stars"] + 3)
    assert_near(outputs["link"].numpy().sum(axis=1), 1)
    for name, expected in logits.items():
        assert_near(tower_outputs_of(outputs[name]), expected)


def test_hidden_layers():
    towers = make(tower_units=(7, 4))
    x = HIDDEN["click"]
    for bank in towers.hidden["click"].banks:
        x = relu(x @ bank.kernel.numpy()[0] + bank.bias.numpy()[0])
    tower = towers.output_layers["click"]
    logits = x @ tower.kernel.numpy() + tower.bias.numpy()
    assert_near(towers(HIDDEN)["click"], sigmoid(logits))
    assert len(towers.weights) == 3 * 3 * 2


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
@pytest.mark.parametrize("tower_units", [(), (7, 4)])
def test_contract(tower_units, tmp_path):
    towers = make(tower_units=tower_units, normalization="layer")
    outputs = checks.to_numpy(towers(HIDDEN))
    shapes = {name: x.shape for name, x in HIDDEN.items()}
    assert towers.compute_output_shape(shapes) == {
        name: x.shape for name, x in outputs.items()
    }
    config = towers.get_config()
    assert Towers.from_config(config).get_config() == config
    checks.check_gradients(towers, lambda: towers(HIDDEN))
    symbols = {name: keras.Input(x.shape[1:]) for name, x in HIDDEN.items()}
    keras.Model(symbols, towers(symbols)).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    checks.assert_close(checks.to_numpy(loaded(HIDDEN)), outputs)
