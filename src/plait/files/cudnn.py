"""Weights of Keras 2's CuDNNLSTM and CuDNNGRU, which LSTM and GRU keep in another form, and Keras 3 at another place.

cuDNN multiplies from the left: the kernel of a gate lies in the file as (units, features), row by row, whatever shape
is declared. It has two biases, one beside each kernel. Nothing but the size of the bias tells which form a file has.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

import numpy as np

from plait.core import errors
from plait.core.weight import Weight
from plait.files.arrays import Arrays, Form
from plait.graph import walks

_WEIGHTS = ["kernel", "recurrent_kernel", "bias"]
# How many gates each has.
_GRU, _LSTM = 3, 4


def place(path: str, held: Container[str]) -> str:
    """Returns where Keras 2 has the weight at this path of Keras 3, if a layer of cuDNN kept it; else the path.

    Such a layer has no cell, and a name of its own, unless Bidirectional has named it.

    Args: held: the paths in the file.
    """
    without_cell = path.replace("/cell/vars/", "/vars/")
    renamed = re.sub(r"\b(lstm|gru)(_\d+)?/vars/", r"cu_dnn\1\2/vars/", without_cell)
    return next((one for one in (path, without_cell, renamed) if one in held), path)


def forms(arrays: Arrays, model: Any, wanted: Mapping[str, Weight]) -> dict[str, Form]:
    """Returns what becomes of the arrays that are those of cuDNN, by path.

    Args:   wanted: the weight that each array is for, by path.
    Errors: ValueError for a GRU that does not compute what cuDNN does.
    """
    gates: dict[Weight, int] = {}
    biases: set[Weight] = set()
    for number, (kernel, recurrent_kernel, bias) in _of_cudnn(arrays, model, wanted):
        gates |= {kernel: number, recurrent_kernel: number}
        biases.add(bias)
    found = {}
    for path, weight in wanted.items():
        if weight in gates:
            # A kernel keeps its shape, be it the wrong one.
            found[path] = Form(arrays.shape(path), functools.partial(_transposed, gates=gates[weight]))
        elif weight in biases:
            found[path] = Form(weight.shape, functools.partial(_joined, shape=weight.shape))
    return found


def _of_cudnn(arrays: Arrays, model: Any, wanted: Mapping[str, Weight]) -> Iterator[tuple[int, list[Weight]]]:
    """Yields how many gates, and which weights, each layer has whose arrays in the file are those of cuDNN."""
    paths = {weight: path for path, weight in wanted.items()}
    for layer in walks.layers_in(model):
        gates, own = _gates(layer), layer.own_weights
        if not gates or not paths.keys() >= set(own):
            continue
        _, recurrent_kernel, bias = own
        width = recurrent_kernel.shape[1]
        if arrays.shape(paths[bias]) != (2 * width,):
            continue
        if gates == _GRU and bias.shape != (2, width):
            raise ValueError(
                errors.explain(
                    f"{layer} resets before its recurrent kernel, and the CuDNNGRU in the file resets after it.",
                    "Make the layer with reset_after=True.",
                )
            )
        yield gates, own


def _gates(layer: Any) -> int:
    """Returns how many gates a layer has whose weights are those of a GRU or LSTM; 0 for any other."""
    if [weight.name for weight in layer.own_weights] != _WEIGHTS:
        return 0
    units, *width = layer.own_weights[1].shape
    return next((gates for gates in (_GRU, _LSTM) if width == [gates * units]), 0)


def _transposed(kernels: np.ndarray, gates: int) -> np.ndarray:
    units = kernels.shape[1] // gates
    return np.hstack([kernel.reshape(units, -1).T for kernel in np.hsplit(kernels, gates)])


def _joined(bias: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Returns both biases as a GRU has them, or their sum, which is all that counts in an LSTM."""
    halves = bias.reshape(2, -1)
    return halves if halves.shape == shape else halves.sum(axis=0)
