"""Numbers put into bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import encoding, quantiles
from plait.graph import checks
from plait.graph.shapes import Shape, Spec
from plait.layers.preprocessing import adapting
from plait.layers.preprocessing.data_layer import Learning


@registry.register
@dataclass(eq=False, repr=False)
class Discretization(Learning):
    """Turns each number into the number of its bin: 0 below the first boundary, 1 from there to the second …

    Shapes: "int": any -> the same; "one_hot": (batch, ..., 1) and (batch, ...) -> (batch, ..., bins);
            "multi_hot" and "count": (batch, samples, ...) -> (batch, ..., bins)
    Args:   bin_boundaries: rising numbers, one less than there are bins.
            num_bins: how many bins `adapt(data)` makes, of about equal counts.
            epsilon: how far a boundary found may be from the exact one, as a share of the data.
            output_mode: "int", "one_hot", "multi_hot" or "count".
            sparse: False; there are no sparse outputs.
    Errors: ValueError for a wrong argument, or if neither or both of bin_boundaries and num_bins are given; when it
            is called, if there are no boundaries yet.
    """

    bin_boundaries: Sequence[float] | None = None
    num_bins: int | None = None
    epsilon: float = 0.01
    output_mode: str = "int"
    sparse: bool = False

    def check(self) -> None:
        """Checks the arguments."""
        # A number is not to be rounded past a boundary.
        self.autocast = False
        checks.one_of(self, "output_mode", encoding.MODES)
        self.check_dense("sparse")
        if (self.bin_boundaries is None) == (self.num_bins is None):
            got = "neither" if self.num_bins is None else "both"
            raise ValueError(errors.explain(f"{self} needs either bin_boundaries or num_bins, got {got}."))
        if self.num_bins is not None:
            checks.positive(self, "num_bins")
        if not isinstance(self.epsilon, int | float) or not 0 < self.epsilon < 1:
            raise ValueError(
                errors.explain(f"{self} needs a number between 0 and 1 for epsilon, got {self.epsilon!r}.")
            )
        if self.bin_boundaries is not None:
            self._set_boundaries(self.bin_boundaries)

    def _set_boundaries(self, boundaries: Any) -> None:
        array = np.asarray(boundaries)
        if array.ndim != 1 or (array.size and array.dtype.kind not in "iuf") or (np.diff(array) < 0).any():
            raise ValueError(errors.explain(f"{self} needs rising numbers for bin_boundaries, got {boundaries!r}."))
        self.bin_boundaries = array.astype(float).tolist()

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Finds boundaries between bins of about equal counts, in an array or list, or in the batches of an iterable.

        Args:   steps: how many batches are read; all if not given.
        Errors: ValueError if the boundaries were given, or there are no numbers; RuntimeError if the layer is part of
                a compiled program, or was called with vectors of another length.
        """
        if self.num_bins is None:
            raise ValueError(
                errors.explain(
                    f"{self} was given its bin_boundaries, and cannot be adapted.", "Give it num_bins instead."
                )
            )
        self.check_is_free()
        batches = [batch.reshape(-1) for batch in adapting.batches(self, data, self.kinds, steps)]
        numbers = np.concatenate(batches)
        if numbers.size == 0:
            raise ValueError(errors.explain(f"{self} cannot find boundaries in no numbers."))
        found = quantiles.boundaries(numbers, self.num_bins, self.epsilon)
        if self.built and self.output_mode != "int" and len(found) + 1 != self._depth:
            raise RuntimeError(
                errors.explain(
                    f"{self} was called with vectors of {self._depth} bins, got data for {len(found) + 1}.",
                    "Adapt it before it is called.",
                )
            )
        self._set_boundaries(found)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Finds the bins, and encodes their numbers."""
        if self.bin_boundaries is None:
            raise ValueError(
                errors.explain(f"{self} has no boundaries yet.", "Call adapt(data) first, or give it bin_boundaries.")
            )
        boundaries = jnp.asarray(self.bin_boundaries, self.precise_dtype)
        bins = jnp.searchsorted(boundaries, inputs.astype(self.precise_dtype), side="right")
        return encoding.encode(bins.astype("int32"), self._depth, self.output_mode, self._output_dtype)

    @property
    def _depth(self) -> int:
        return self.num_bins or 1 if self.bin_boundaries is None else len(self.bin_boundaries) + 1

    @property
    def _output_dtype(self) -> str:
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def compute_output_spec(self, specs: Any, **_: Any) -> Any:
        """Returns shape and dtype of the outputs."""
        return Spec(self.compute_output_shape(specs.shape), self._output_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape, or with an axis of bins in place of the axis of samples."""
        return encoding.encoded_shape(tuple(input_shape), self._depth, self.output_mode)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, but `trainable`, which Keras's layer does not take."""
        config = super().get_config()
        del config["trainable"]
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """Returns a layer made with these arguments; one that was adapted has both num_bins and boundaries."""
        boundaries = config.get("bin_boundaries")
        if boundaries is None or config.get("num_bins") is None:
            return super().from_config(config)
        layer = super().from_config({**config, "bin_boundaries": None})
        layer._set_boundaries(boundaries)
        return layer
