"""Training on two replicas, in a process of its own.

Logical devices can only be made before TensorFlow starts.
"""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import keras
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)
from tolerances import near
from toy_data import BINARY_SCHEMA, make_data

import mtnas_tf as mt

keras.utils.set_random_seed(1)
data = make_data(batch_size=6)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    model = mt.models.MMoE(BINARY_SCHEMA, hidden_units=(3,))
    model.compile(mt.optimizers.SparseAdam(0.01), jit_compile=False)
    search = mt.search.SearchModel(mt.models.MTNAS(BINARY_SCHEMA, units=3))
history = model.fit(data.train, epochs=20, verbose=0, shuffle=False).history
assert history["loss"][-1] < history["loss"][0] / 2, history
alone = mt.models.MMoE(BINARY_SCHEMA, hidden_units=(3,))
alone.set_weights(model.get_weights())
alone.compile()
first, second = (
    m.evaluate(data.valid, return_dict=True) for m in (model, alone)
)
assert first == near(second)
for refused, options, message in (
    (search, {}, "one replica"),
    (model, {"balancing": "pcgrad"}, "None on several replicas"),
):
    try:
        refused.compile(jit_compile=False, **options)
    except ValueError as error:
        assert message in str(error)
    else:
        raise AssertionError
"""


@pytest.mark.slow
def test_training_on_two_replicas(pytestconfig):
    root = pytestconfig.rootpath
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "tests")},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr[-3000:]
