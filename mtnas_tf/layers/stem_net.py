"""STEM-Net: embeddings of each task and shared ones, kept apart by gates."""

import keras

from mtnas_tf.layers.me_mmoe import MEMMoE


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.STEMNet"
)
class STEMNet(MEMMoE):
    """A task reads all tasks' experts, and trains its own and the shared ones.

    From the root features `x_t` of the tasks and `x_s`, which they share, each
    from embeddings of its own,

        e_tj = relu(x_t W_tj + b_tj),  e_sj = relu(x_s W_sj + b_sj)
        h_t = sum_k softmax(m_t(x_t + x_s) G_t)_k r_tk

    over all experts k, where `r_tk` is `e_k` of the task's own experts and of
    the shared ones, and `stop_gradient(e_k)` of other tasks' experts; the
    networks m_t have the widths `gate_units`. So no task changes the embeddings
    of another.

    With further layers, `h_t` takes the place of `x_t`, and that of `x_s` is
    taken by `h_s = sum_k softmax(m_s(x_s) G_s)_k e_k`, through which all
    gradients flow, as in the authors' code.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Layers of experts. Defaults to `1`.
        num_task_experts: int > 0. Experts of a task in a layer. Defaults to
            `1`.
        num_shared_experts: int > 0. Shared experts of a layer. Defaults to `1`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        gate_units: sequence of int > 0. Widths of the hidden layers in front of
            a gate. Defaults to `(128, 64)`.
        stem_units: see `Stem`, one for each root feature. Defaults to `None`.
        root_query: `"features"` or `"stem"`: what gates of the first layer look
            at. Defaults to `"features"`.
        normalization: see `Experts`. Defaults to `None`.
        gate_normalization: `None` or `"batch"`, see `Gate`. Defaults to
            `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        roots: dict of two: `shared`, `(batch, root_units)`, and `tasks`, a dict
            task name -> `(batch, root_units)`, as
            `mtnas_tf.features.SharedAndTaskEncoders` returns.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Raises:
        ValueError: if `roots` is anything else, such as a single tensor.

    Its predictions are those of `MEMMoE` with the same weights; it trains
    otherwise.

    Example:
    >>> body = mt.layers.STEMNet(["click", "like"], hidden_units=(5,))
    >>> root = np.ones((2, 3))
    >>> roots = {"shared": root, "tasks": {"click": root, "like": root}}
    >>> body(roots)["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Su et al., 2024](https://arxiv.org/abs/2308.13537), All Forward
      Task-specific Backward gating.
    """

    def _trains(self, unit: int) -> list[int]:
        shared = len(self.tasks)
        return self._reads(unit) if unit == shared else [unit, shared]
