"""What layers share that prepare data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, nest
from plait.core.context import Context
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.graph.layer import Layer
from plait.graph.shapes import Spec
from plait.layers.preprocessing import adapting


class DataLayer(Layer):
    """Takes data as users have them, lists too, when it is called by itself."""

    # What it takes: adapting.NUMBERS, TEXT or BOTH. No field, and so without annotation.
    kinds = adapting.NUMBERS

    @property
    def precise_dtype(self) -> Any:
        """What it computes in before it rounds to a half precision."""
        return np.promote_types(jnp.dtype(self.compute_dtype), np.float32)

    def _compute(self, inputs: Any, arguments: dict[str, Any]) -> Any:
        if not is_traced(inputs):
            inputs = inputs if isinstance(inputs, jax.Array) else self.taken(inputs)
            self.check_values(inputs)
        return super()._compute(inputs, arguments)

    def taken(self, data: Any) -> Any:
        """Returns data as arrays of NumPy's."""
        return adapting.as_array(self, data, self.kinds)

    def check_values(self, data: Any) -> None:
        """Makes sure that the values of data suit the layer.

        Errors: ValueError that names the first that does not.
        """
        if problem := self.problem_with(data):
            raise ValueError(errors.explain(f"{self} cannot take these inputs: {problem}"))

    def check_dense(self, *names: str) -> None:
        """Makes sure that these fields, which ask for sparse or ragged outputs, are False.

        Errors: ValueError that names the field.
        """
        for name in names:
            if getattr(self, name):
                raise ValueError(
                    errors.explain(
                        f"{self} has no {name} outputs, got {name}={getattr(self, name)!r}.", "Leave it out."
                    )
                )


class Learning(DataLayer):
    """Computes with what it was adapted to, which becomes a part of the programs that are compiled."""

    _is_compiled = False

    def run(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, arguments: Mapping[str, Any]) -> Updated:
        """Computes with the values given, and notes whether that is compiled."""
        self._is_compiled = self._is_compiled or is_traced(inputs)
        return super().run(values, inputs, ctx, arguments)

    def check_is_free(self) -> None:
        """Makes sure that what it has learned is not part of a compiled program.

        Errors: RuntimeError if it is.
        """
        if self._is_compiled:
            raise RuntimeError(
                errors.explain(
                    f"{self} is part of a compiled program, which would not see what is learned now.",
                    "Adapt it before the model is used, or make a new layer and model.",
                )
            )


class HostLayer(Learning):
    """Computes on the host, with NumPy: by itself, in pipelines of data, or before the compiled program of a model."""

    runs_on_host = True

    def on_host(self, data: Any) -> np.ndarray:
        """Returns the outputs for data that are arrays already.

        Errors: ValueError for data that cannot be.
        """
        raise NotImplementedError(f"{self} computes nothing.")

    def transform(self, data: Any) -> np.ndarray:
        """Returns the outputs as an array of NumPy's; `layer(data)` makes one of JAX's of them, if they are numbers."""
        if is_traced(data):
            raise self._not_here()
        data = self.taken(data)
        self.prepare(nest.walk(_spec, data), {}, errors.call_site())
        self.check_values(data)
        return self.on_host(data)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, **_: Any) -> Any:
        """Raises: it cannot be compiled."""
        raise self._not_here()

    def _compute(self, inputs: Any, arguments: dict[str, Any]) -> Any:
        if is_traced(inputs) and not self.runs_on_host:
            return super()._compute(inputs, arguments)
        outputs = self.transform(inputs)
        return outputs if outputs.dtype.kind in "UO" else jnp.asarray(outputs)

    def _not_here(self) -> ValueError:
        return ValueError(
            errors.explain(
                f"{self} works on the host, and cannot stand inside a compiled program.",
                "Call it on the data before they are given to the model, or make it the first layer after an Input.",
            )
        )


def is_traced(inputs: Any) -> bool:
    """Whether these are no arrays yet, but stand for those of a program that is being compiled."""
    return any(isinstance(leaf, jax.core.Tracer) for leaf in nest.flatten(inputs))


def _spec(array: Any) -> Spec:
    return Spec(array.shape, array.dtype.name)
