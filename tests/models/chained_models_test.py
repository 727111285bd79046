"""Models of tasks that require one another."""

import checks
import keras
import numpy as np
import pytest
import toy_roles
from tolerances import assert_near

from export import export_model
from mtnas_tf import layers
from mtnas_tf.models import AITM
from mtnas_tf.models import ESMM
from mtnas_tf.models import MultiTaskModel

SCHEMA = toy_roles.SCHEMA
SPLIT = toy_roles.make_split(7)


def resflow(schema, **kwargs):
    tasks = schema.task_names
    return MultiTaskModel(
        schema,
        layers.SharedEmbedding(tasks, hidden_units=(5,)),
        towers=layers.ResFlowTowers(schema.tasks, tower_units=(4, 3)),
        **kwargs,
    )


MODELS = {"esmm": ESMM, "aitm": AITM, "resflow": resflow}


def make(name):
    keras.utils.set_random_seed(1)
    model = MODELS[name](SCHEMA)
    checks.randomize(model)
    return model


@pytest.mark.parametrize("name", ["esmm", "aitm"])
def test_models_keep_what_tasks_require(name, tmp_path):
    model = MODELS[name](SCHEMA, hidden_units=(5,), tower_units=(4,))
    checks.randomize(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.schema == SCHEMA
    assert loaded.towers.links == {"buy": "click"}
    outputs = checks.to_numpy(model(SPLIT.inputs))
    checks.assert_close(checks.to_numpy(loaded(SPLIT.inputs)), outputs)
    if name == "esmm":
        assert (outputs["buy"] < outputs["click"]).all()


def test_the_loss_of_a_step_has_the_calibrator_s():
    losses, excess = [], 0.0
    for weight in (0.0, 10.0):
        model = AITM(SCHEMA, hidden_units=(5,), calibrator_weight=weight)
        checks.randomize(model)
        # Else p(buy) may be below p(click) in all rows.
        model.towers.output_layers["click"].bias.assign([-9.0])
        p = checks.to_numpy(model(SPLIT.inputs))
        excess = np.maximum(p["buy"] - p["click"], 0).mean()
        model.compile("sgd", run_eagerly=True, jit_compile=False)
        batch = (SPLIT.inputs, SPLIT.labels)
        losses.append(model.train_on_batch(*batch, return_dict=True)["loss"])
    assert excess > 0.01
    assert_near(losses[1], losses[0] + 10 * excess)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_exports_predict_alike(name, tmp_path):
    # Refused unless ONNX and SavedModel agree with the model to 1e-5.
    export_model(make(name), tmp_path / "out")
    assert (tmp_path / "out" / "model.onnx").exists()
