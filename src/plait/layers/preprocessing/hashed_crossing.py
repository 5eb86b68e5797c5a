"""Several categories of an example together put into a fixed number of bins by a hash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from plait.core import errors, policy, registry
from plait.core.fields import dataclass
from plait.functional import encoding, hashing
from plait.graph import checks
from plait.graph.shapes import Shape, Spec
from plait.layers.preprocessing import adapting
from plait.layers.preprocessing.data_layer import HostLayer


@registry.register
@dataclass(eq=False, repr=False)
class HashedCrossing(HostLayer):
    """Turns what several features of an example are together into the number of a bin, the same in every process.

    Works on the host: by itself, or first in a model.

    Shapes: a list of two or more, (batch,) or (batch, 1) each -> the same; "one_hot": (batch, num_bins)
    Args:   num_bins: how many bins there are.
            output_mode: "int" or "one_hot".
            sparse: False; there are no sparse outputs.
    Errors: ValueError for a wrong argument or other shapes; TypeError for data that are neither text nor whole numbers.
    """

    num_bins: int
    output_mode: str = "int"
    sparse: bool = False

    kinds = adapting.WHOLE

    def __post_init__(self, *common: Any) -> None:
        if self.dtype is None:
            self.dtype = "int64" if self.output_mode == "int" else policy.floatx()
        super().__post_init__(*common)

    def check(self) -> None:
        """Checks the arguments."""
        checks.positive(self, "num_bins")
        checks.one_of(self, "output_mode", encoding.MODES[:2])
        self.check_dense("sparse")

    def taken(self, data: Any) -> list[np.ndarray]:
        """Returns the features as arrays of NumPy's.

        Errors: ValueError for one feature, or shapes that are not those of features.
        """
        features = [super(HashedCrossing, self).taken(feature) for feature in self._several(data)]
        self.compute_output_shape([feature.shape for feature in features])
        return features

    def _several(self, given: Any) -> Sequence[Any]:
        if not isinstance(given, list | tuple) or len(given) < 2:
            got = errors.counted(len(given), "feature") if isinstance(given, list | tuple) else errors.described(given)
            raise ValueError(errors.explain(f"{self} needs a list of at least two features, got {got}."))
        return given

    def on_host(self, data: list[np.ndarray]) -> np.ndarray:
        """Hashes the features of each example together."""
        columns = [[_fingerprint(element) for element in feature.reshape(-1).tolist()] for feature in data]
        bins = np.array([hashing.crossed(row) % self.num_bins for row in zip(*columns, strict=True)], np.int64)
        return encoding.encode_on_host(bins.reshape(data[0].shape), self.num_bins, self.output_mode, self._output_dtype)

    @property
    def _output_dtype(self) -> str:
        return jax.dtypes.canonicalize_dtype(self.compute_dtype).name

    def compute_output_spec(self, specs: Any, **_: Any) -> Any:
        """Returns shape and dtype of the outputs."""
        shape = self.compute_output_shape([spec.shape for spec in self._several(specs)])
        return Spec(shape, self._output_dtype)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Returns the shape of one of the inputs, or with an axis of bins."""
        first, *others = (tuple(shape) for shape in self._several(input_shape))
        if len(first) > 2 or first[1:] not in ((), (1,)) or any(shape != first for shape in others):
            listed = ", ".join(str(shape) for shape in (first, *others))
            raise ValueError(
                errors.explain(f"{self} needs features of one shape, (batch,) or (batch, 1), got {listed}.")
            )
        return encoding.encoded_shape(first, self.num_bins, self.output_mode)


def _fingerprint(element: Any) -> int:
    return hashing.farmhash64(element.encode()) if isinstance(element, str) else element
