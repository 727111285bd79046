"""SNR-Trans: sub-networks that read others by learned links with matrices."""

import keras

from mtnas_tf.layers.snr_aver import SNRAver


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.SNRTrans"
)
class SNRTrans(SNRAver):
    """Experts and tasks read the previous layer's experts through matrices.

        e^1_k = relu(x W_k + b_k)
        e^l_k = relu((sum_i z^l_ik e^(l-1)_i W^l_ik) W_k + b_k)
        h_t = sum_i z_it e^L_i W_it

    This is `SNRAver` with a matrix for every link, of as many rows and columns
    as an expert has outputs.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int > 0. Experts of a layer, the paper's sub-networks.
            Defaults to `4`.
        beta: see `SNRLinks`. Defaults to `0.9`.
        gamma: see `SNRLinks`. Defaults to `-0.1`.
        zeta: see `SNRLinks`. Defaults to `1.1`.
        l0_weight: see `SNRLinks`. Defaults to `1e-4`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        stem_units: see `Stem`. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Example:
    >>> body = mt.layers.SNRTrans(["click", "like"], hidden_units=(5,))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Ma et al., 2019](https://doi.org/10.1609/aaai.v33i01.3301216).
    """

    transforms = True
