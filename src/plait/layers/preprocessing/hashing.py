"""Text and whole numbers put into a fixed number of bins by a hash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from plait.core import errors, policy, registry
from plait.core.fields import dataclass
from plait.functional import encoding, hashing
from plait.graph import checks
from plait.graph.shapes import InputSpec, Shape, Spec
from plait.layers.preprocessing import adapting
from plait.layers.preprocessing.data_layer import HostLayer


@registry.register
@dataclass(eq=False, repr=False)
class Hashing(HostLayer):
    """Turns each text or whole number into the number of a bin, the same in every process.

    Works on the host: by itself, or first in a model.

    Shapes: "int": any -> the same; "one_hot": (batch, ..., 1) and (batch, ...) -> (batch, ..., num_bins);
            "multi_hot" and "count": (batch, samples) -> (batch, num_bins)
    Args:   num_bins: how many bins there are, that of mask_value included.
            mask_value: what is put into bin 0, alone; None for no such thing.
            salt: one or two whole numbers; other numbers give other bins.
            output_mode: "int", "one_hot", "multi_hot" or "count".
            sparse: False; there are no sparse outputs.
    Errors: ValueError for a wrong argument; TypeError for data that are neither text nor numbers.
    Source: G. Pike, FarmHash, 2014; with salt, J.-P. Aumasson, D. J. Bernstein, SipHash, 2012.
    """

    num_bins: int
    mask_value: Any = None
    salt: int | Sequence[int] | None = None
    output_mode: str = "int"
    sparse: bool = False

    kinds = adapting.BOTH

    def __post_init__(self, *common: Any) -> None:
        if self.dtype is None:
            self.dtype = "int64" if self.output_mode == "int" else policy.floatx()
        super().__post_init__(*common)

    def check(self) -> None:
        """Checks the arguments."""
        checks.positive(self, "num_bins")
        self.input_spec = InputSpec(max_ndim=2 if self.output_mode in ("multi_hot", "count") else None)
        checks.one_of(self, "output_mode", encoding.MODES)
        self.check_dense("sparse")
        self.salt = self._key = checked_salt(self, self.salt)
        if self.output_mode == "int" and self.compute_dtype not in ("int32", "int64"):
            raise ValueError(
                errors.explain(
                    f'{self} needs dtype "int32" or "int64" with output_mode="int", got {self.compute_dtype!r}.'
                )
            )

    def on_host(self, data: np.ndarray) -> np.ndarray:
        """Hashes each element, and encodes the bins."""
        is_masked = np.zeros(data.shape, bool) if self.mask_value is None else data == self._mask_as(data.dtype)
        is_apart = self.mask_value is not None and self.num_bins > 1
        bins = bins_of(_hashable(data), self.num_bins - 1 if is_apart else self.num_bins, self._key).reshape(data.shape)
        if is_apart:
            bins = np.where(is_masked, 0, bins + 1)
        return encoding.encode_on_host(bins, self.num_bins, self.output_mode, self._output_dtype)

    def _mask_as(self, dtype: Any) -> Any:
        """Returns the mask value as it would stand among data of this dtype."""
        is_text = isinstance(self.mask_value, str)
        if is_text != (dtype.kind in "UO"):
            raise ValueError(
                errors.explain(
                    f"{self} needs data of the kind of its mask_value {self.mask_value!r}, got an array of {dtype}."
                )
            )
        return self.mask_value

    @property
    def _output_dtype(self) -> str:
        return jax.dtypes.canonicalize_dtype(self.compute_dtype).name

    def compute_output_spec(self, specs: Any, **_: Any) -> Any:
        """Returns shape and dtype of the outputs."""
        return Spec(self.compute_output_shape(specs.shape), self._output_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape, or with an axis of bins in place of that of the samples."""
        return encoding.encoded_shape(tuple(input_shape), self.num_bins, self.output_mode)


def _hashable(data: np.ndarray) -> list[Any]:
    """Returns the elements; fractions of numbers are cut off, as in TensorFlow, whose word for True is true."""
    if data.dtype.kind == "b":
        data = np.where(data, "true", "false")
    elif data.dtype.kind not in "iuUO":
        data = data.astype(np.int64)
    return data.reshape(-1).tolist()


def bins_of(elements: Sequence[Any], bins: int, salt: Sequence[int] | None = None) -> np.ndarray:
    """Returns the hash of each element, modulo the number of bins; numbers are hashed as they are written."""
    texts = [str(element) for element in elements]
    found = {text: _hashed(text.encode(), salt) % bins for text in set(texts)}
    return np.array([found[text] for text in texts], np.int64)


def checked_salt(layer: Any, salt: Any) -> list[int] | None:
    """Returns the two numbers of a salt, which may be given as one.

    Errors: ValueError for anything else.
    """
    if salt is None:
        return None
    pair = [salt, salt] if isinstance(salt, int | np.integer) else salt
    is_pair = isinstance(pair, list | tuple) and len(pair) == 2
    if not is_pair or not all(isinstance(half, int | np.integer) for half in pair):
        raise ValueError(errors.explain(f"{layer} needs one or two whole numbers for salt, got {salt!r}."))
    return [int(half) for half in pair]


def _hashed(data: bytes, salt: Sequence[int] | None) -> int:
    return hashing.farmhash64(data) if salt is None else hashing.siphash64(data, (salt[0], salt[1]))
