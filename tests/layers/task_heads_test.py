import numpy as np
from tolerances import assert_near

from mtnas_tf.layers import TaskHeads

FEATURES = np.random.default_rng(0).normal(size=(5, 7)).astype("float32")


def test_each_task_has_a_dense_layer():
    heads = TaskHeads([3, 2, 4])
    heads.build(FEATURES.shape)
    heads.bias.assign(np.arange(12.0).reshape(3, 4))
    for task, size in enumerate((3, 2, 4)):
        kernel, bias = heads.head(task)
        assert kernel.shape == (7, size)
        logits = heads(FEATURES, task=task).numpy()
        assert_near(logits[:, :size], FEATURES @ kernel + bias)
        assert (logits[:, size:] < -1e8).all()


def test_kernels_are_drawn_for_the_task_s_own_size():
    heads = TaskHeads([3, 300])
    heads.build((None, 50))
    for task, size in enumerate((3, 300)):
        kernel, _ = heads.head(task)
        limit = np.sqrt(6 / (50 + size))
        assert np.abs(kernel).max() < limit
        assert np.abs(kernel).max() > 0.9 * limit
    assert not heads.kernel.numpy()[0, :, 3:].any()
