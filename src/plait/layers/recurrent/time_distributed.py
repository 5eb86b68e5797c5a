"""A layer applied to each step of sequences."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from plait.core import errors, nest, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.graph import shapes, walks
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape, Spec


@registry.register
@dataclass(eq=False, repr=False)
class TimeDistributed(Layer):
    """Applies a layer to each step of sequences.

    All steps are one batch for the layer. Where the examples of a batch are not independent of each other, as for
    BatchNormalization in training, the layer is applied to one step after another.

    Shapes:  (batch, time, ...) -> (batch, time, *what the layer makes of the rest)
    Weights: those of the layer
    Args:    layer: the layer, or a model.
    Errors:  ValueError for what is no layer, and for inputs of fewer than 3 axes.
    """

    layer: Any

    supports_masking = True
    input_spec = InputSpec(min_ndim=3)

    def check(self) -> None:
        """Checks the layer."""
        if not isinstance(self.layer, Layer):
            raise ValueError(
                errors.explain(f"{self} needs a layer, got {self.layer!r}.", "Write TimeDistributed(Dense(8))(inputs).")
            )
        self.keeps_dtype = self.layer.keeps_dtype

    def build(self, input_shape: Shape) -> None:
        """Builds the layer for the inputs of one step."""
        self.adopt(self.layer, "layer")
        self.layer.prepare(Spec(_of_step(input_shape), self.compute_dtype), {}, None)
        known = {axis: size for axis, size in enumerate(input_shape) if axis > 1 and size is not None}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=known if self.layer.weights else {})

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Applies the layer to all steps at once, or in turn where it must be."""
        if ctx.mask is not None and ctx.mask.shape[:2] != inputs.shape[:2]:
            raise ValueError(
                errors.explain(
                    f"{self} needs a mask with one entry per step, shape {inputs.shape[:2]}, "
                    f"got shape {ctx.mask.shape}."
                )
            )
        flag = "mixes_batch" if ctx.training else "mixes_batch_always"
        is_mixed = any(getattr(layer, flag) for layer in walks.layers_in(self.layer))
        return (self._in_turn if is_mixed else self._at_once)(values, inputs, ctx)

    def _at_once(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Updated:
        batch_and_time = inputs.shape[:2]
        # A mask of whole steps says nothing within one.
        mask = _folded(ctx.mask) if ctx.mask is not None and ctx.mask.ndim > 2 else None
        updated = self.layer.run(values, _folded(inputs), ctx.at("layer", mask), {})
        outputs = nest.walk(lambda array: array.reshape(*batch_and_time, *array.shape[1:]), updated.outputs)
        return Updated(outputs, updated.values, updated.losses)

    def _in_turn(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Updated:
        inner = ctx.at("layer")

        def run(values: Mapping[Weight, Any], number: Any, x: Any, mask: Any) -> Updated:
            key = None if ctx.root_key is None else jax.random.fold_in(ctx.root_key, number)
            found: Updated = self.layer.run(values, x, replace(inner, root_key=key, mask=mask), {})
            return found

        numbers = jnp.arange(inputs.shape[1], dtype="uint32")
        by_time = (numbers, jnp.swapaxes(inputs, 0, 1), None if ctx.mask is None else jnp.swapaxes(ctx.mask, 0, 1))
        # The first step tells which running state changes; the others go on from there.
        first = run(values, *jax.tree.map(lambda array: array[0], by_time))
        handles = list(first.values)

        def advance(state: list[Any], now: Any) -> tuple[list[Any], Any]:
            updated = run(ChainMap(dict(zip(handles, state, strict=True)), values), *now)  # type: ignore[arg-type]
            return [updated.values[handle] for handle in handles], (updated.outputs, updated.losses)

        state, (outputs, losses) = lax.scan(
            advance, list(first.values.values()), jax.tree.map(lambda array: array[1:], by_time)
        )

        def joined(one: Any, others: Any) -> Any:
            return jnp.concatenate([one[:, None], jnp.swapaxes(others, 0, 1)], axis=1)

        return Updated(
            nest.walk(joined, first.outputs, outputs),
            dict(zip(handles, state, strict=True)),
            tuple(one + jnp.sum(others) for one, others in zip(first.losses, losses, strict=True)),
        )

    def compute_output_shape(self, input_shape: Shape) -> Any:
        """Returns the shape of the layer's outputs for one step, with the time axis."""
        return _with_time(self.layer.compute_output_shape(_of_step(input_shape)), input_shape[1])


def _of_step(shape: Shape) -> Shape:
    return (shape[0], *shape[2:])


def _folded(array: Any) -> Any:
    return array.reshape(-1, *array.shape[2:])


def _with_time(structure: Any, time: int | None) -> Any:
    if shapes.is_shape(structure):
        return (structure[0], time, *structure[1:])
    return type(structure)(_with_time(shape, time) for shape in structure)
