"""ME-PLE: a task reads its own and the shared experts, and embeddings."""

import keras

from mtnas_tf.layers.me_mmoe import MEMMoE


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.MEPLE"
)
class MEPLE(MEMMoE):
    """A task reads its own experts and the shared ones, and no other's.

    The multi-embedding form of PLE: `MEMMoE` whose mixture `h_t` is over the
    experts of task t and the shared ones,

        h_t = sum_(k of t or shared) softmax(m_t(x_t + x_s) G_t)_k e_k

    With further layers, the shared mixture reads all experts.

    The paper compares STEM-Net with such a network; its wording of this
    baseline could not be checked, and the gates are those of STEM-Net.

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

    Example:
    >>> body = mt.layers.MEPLE(["click", "like"], hidden_units=(5,))
    >>> root = np.ones((2, 3))
    >>> roots = {"shared": root, "tasks": {"click": root, "like": root}}
    >>> body(roots)["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Su et al., 2024](https://arxiv.org/abs/2308.13537), experiments.
    """

    def _reads(self, unit: int) -> list[int]:
        shared = len(self.tasks)
        return super()._reads(unit) if unit == shared else [unit, shared]
