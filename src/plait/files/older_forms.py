"""Weights that older Kerases kept in another form than the layers here: the arrays of a file in the form of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from plait.core.weight import Weight
from plait.files import cudnn
from plait.files.arrays import Arrays, Form
from plait.graph import walks


class Converted:
    """The arrays of a file, some of them in another form.

    Args: forms: what becomes of an array, by path.
    """

    def __init__(self, arrays: Arrays, forms: Mapping[str, Form]) -> None:
        self._arrays, self._forms = arrays, forms

    def paths(self) -> list[str]:
        """Returns the path of each array."""
        return self._arrays.paths()

    def shape(self, path: str) -> tuple[int, ...]:
        """Returns the shape of an array, converted."""
        return self._forms[path].shape if path in self._forms else self._arrays.shape(path)

    def dtype(self, path: str) -> str:
        """Returns the name of the dtype of an array."""
        return self._arrays.dtype(path)

    def read(self, path: str) -> np.ndarray:
        """Returns an array, converted."""
        array = self._arrays.read(path)
        return self._forms[path].convert(array) if path in self._forms else array


def converted(arrays: Arrays, model: Any, wanted: Mapping[str, Weight]) -> Arrays:
    """Returns the arrays of a file, in the form that the layers of a model take.

    Args:   wanted: the weight that each array is for, by path.
    Errors: ValueError for a GRU that does not compute what the layer in the file does.
    """
    forms = {**_of_layers(arrays, model, wanted), **cudnn.forms(arrays, model, wanted)}
    return Converted(arrays, forms) if forms else arrays


def _of_layers(arrays: Arrays, model: Any, wanted: Mapping[str, Weight]) -> dict[str, Form]:
    """Returns what becomes of the arrays of which a layer knows an older form, by path."""
    owners = {weight: layer for layer in walks.layers_in(model) for weight in layer.own_weights}
    forms = {}
    for path, weight in wanted.items():
        shape = arrays.shape(path)
        convert = owners[weight].older_form(weight, shape) if shape != weight.shape and weight in owners else None
        if convert is not None:
            forms[path] = Form(weight.shape, convert)
    return forms
