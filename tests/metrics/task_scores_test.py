import numpy as np
from tolerances import assert_near

from mtnas_tf.metrics import TaskScores

TASKS = ("latin", "greek", "runic")


def test_means_over_tasks():
    scores = TaskScores(TASKS)
    scores.update_state(0, 0.5, np.array([0, 1, 2]), np.array([0, 1, 1]))
    scores.update_state(0, 2.0, np.array([0]), np.array([1]))
    scores.update_state(2, 0.25, np.array([3, 3]), np.array([3, 3]))
    results = {name: float(x) for name, x in scores.result().items()}
    assert_near(results["latin_accuracy"], 2 / 4)
    assert_near(results["runic_accuracy"], 1.0)
    assert np.isnan(results["greek_accuracy"])
    assert_near(results["accuracy"], (0.5 + 1.0) / 2)
    assert_near(results["loss"], ((3 * 0.5 + 2.0) / 4 + 0.25) / 2)
    scores.reset_state()
    scores.update_state(1, 1.0, np.array([0]), np.array([0]))
    assert_near(scores.result()["loss"], 1.0)
