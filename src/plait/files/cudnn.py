"""Weights of Keras 2's CuDNNLSTM and CuDNNGRU, which LSTM and GRU keep in another form.

cuDNN multiplies from the left: the kernel of a gate lies in the file as (units, features), row by row, whatever shape
is declared. It has two biases, one beside each kernel. Nothing but the size of the bias tells which form a file has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from plait.core import errors
from plait.core.weight import Weight
from plait.files.arrays import Arrays
from plait.graph import walks

_WEIGHTS = ["kernel", "recurrent_kernel", "bias"]
# How many gates each has.
_GRU, _LSTM = 3, 4


class Converted:
    """The arrays of a file, some of them in the form of LSTM and GRU.

    Args: kernels: how many gates each kernel has that is to be converted, by path.
          biases: the shape that each bias is to have, by path.
    """

    def __init__(self, arrays: Arrays, kernels: Mapping[str, int], biases: Mapping[str, tuple[int, ...]]) -> None:
        self._arrays, self._kernels, self._biases = arrays, kernels, biases

    def paths(self) -> list[str]:
        """Returns the path of each array."""
        return self._arrays.paths()

    def shape(self, path: str) -> tuple[int, ...]:
        """Returns the shape of an array, converted; that of a kernel stays."""
        return self._biases.get(path) or self._arrays.shape(path)

    def dtype(self, path: str) -> str:
        """Returns the name of the dtype of an array."""
        return self._arrays.dtype(path)

    def read(self, path: str) -> np.ndarray:
        """Returns an array, converted."""
        array = self._arrays.read(path)
        if path in self._kernels:
            return _transposed(array, self._kernels[path])
        return _joined(array, self._biases[path]) if path in self._biases else array


def converted(arrays: Arrays, model: Any, wanted: Mapping[str, Weight]) -> Arrays:
    """Returns the arrays of a file, those of cuDNN in the form that the layers of a model take.

    Args:   wanted: the weight that each array is for, by path.
    Errors: ValueError for a GRU that does not compute what cuDNN does.
    """
    gates: dict[Weight, int] = {}
    biases: set[Weight] = set()
    for number, (kernel, recurrent_kernel, bias) in _of_cudnn(arrays, model, wanted):
        gates |= {kernel: number, recurrent_kernel: number}
        biases.add(bias)
    return Converted(
        arrays,
        kernels={path: gates[weight] for path, weight in wanted.items() if weight in gates},
        biases={path: weight.shape for path, weight in wanted.items() if weight in biases},
    )


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
