"""The ONNX nodes of a layer of sub-networks."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.layers import Gate

from .bank_rows import BankRows
from .bank_rows import affine_norm
from .onnx_graph import OnnxGraph
from .onnx_graph import to_array


@dataclasses.dataclass(frozen=True, kw_only=True)
class BankOutputs:
    """The outputs of a layer's sub-networks, in every form that is read.

    Args:
        names: names of the sub-networks.
        parts: tensors `(batch, units)`, one a sub-network.
        flat: tensor `(batch, len(names) * units)`.
        cube: tensor `(batch, len(names), units)`.
    """

    names: Sequence[str]
    parts: Sequence[str]
    flat: str
    cube: str


def add_bank_of_one_input(
    graph: OnnxGraph, bank: BankRows, tensor: str, names: Sequence[str]
) -> BankOutputs:
    """Adds a bank whose sub-networks all read one tensor, as one product."""
    if len(names) == 1:
        return add_bank(graph, bank, [tensor], names)
    biases = bank.biases
    kernel = np.concatenate(list(bank.kernels), axis=1)
    flat = graph.add("Gemm", tensor, kernel, biases.ravel())
    if bank.gammas is not None:
        cube = graph.reshape(flat, *biases.shape)
        cube = graph.add("Relu", _add_layer_norms(graph, bank, cube))
        flat = graph.reshape(cube, biases.size)
    else:
        flat = graph.add("Relu", flat)
        cube = graph.reshape(flat, *biases.shape)
    parts = graph.split(flat, len(names))
    return BankOutputs(names=names, parts=parts, flat=flat, cube=cube)


def add_bank(
    graph: OnnxGraph,
    bank: BankRows,
    tensors: Sequence[str],
    names: Sequence[str],
    linear: Sequence[str] = (),
) -> BankOutputs:
    """Adds a bank whose sub-networks read a tensor each.

    Those called `linear` have no activation.
    """
    parts = []
    weights = zip(tensors, bank.kernels, bank.biases, strict=True)
    for index, (tensor, kernel, bias) in enumerate(weights):
        part = graph.add("Gemm", tensor, kernel, bias)
        if bank.gammas is not None:
            part = _add_layer_norm(graph, bank, index, part)
        is_linear = names[index] in linear
        parts.append(part if is_linear else graph.add("Relu", part))
    flat = graph.concat(parts)
    cube = graph.reshape(flat, *bank.biases.shape)
    return BankOutputs(names=names, parts=parts, flat=flat, cube=cube)


def join_banks(
    graph: OnnxGraph, banks: Sequence[BankOutputs], units: int
) -> BankOutputs:
    """Several layers side by side, as if they were one."""
    names = [name for bank in banks for name in bank.names]
    parts = [part for bank in banks for part in bank.parts]
    flat = graph.concat([bank.flat for bank in banks])
    cube = graph.reshape(flat, len(names), units)
    return BankOutputs(names=names, parts=parts, flat=flat, cube=cube)


def affine_gate(gate: Gate) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias of a gate, with batch normalization folded in."""
    kernel = to_array(gate.kernel)
    if gate.norm is None:
        return kernel, np.zeros(kernel.shape[1], np.float32)
    scale, offset = affine_norm(gate.norm)
    return kernel * scale, offset[0]


def _add_layer_norm(
    graph: OnnxGraph, bank: BankRows, index: int, tensor: str
) -> str:
    """Normalizes the output of one sub-network."""
    gammas, betas = _layer_norm(bank)
    return graph.add(
        "LayerNormalization",
        tensor,
        gammas[index],
        betas[index],
        epsilon=bank.epsilon,
    )


def _add_layer_norms(graph: OnnxGraph, bank: BankRows, cube: str) -> str:
    """Normalizes the outputs of all sub-networks.

    Scales and offsets are nodes of their own: a layer normalization with one
    for each sub-network is slow in ONNX Runtime.
    """
    gammas, betas = _layer_norm(bank)
    one = np.ones(gammas.shape[1], np.float32)
    cube = graph.add("LayerNormalization", cube, one, epsilon=bank.epsilon)
    return graph.add("Add", graph.add("Mul", cube, gammas), betas)


def _layer_norm(bank: BankRows) -> tuple[Any, Any]:
    return bank.gammas, bank.betas
