"""What a model that computes by a `call` of its own, and has no graph, takes and gives."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plait.core import nest
from plait.core.context import Context
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.graph import adapter, ports
from plait.graph.layer import Layer
from plait.graph.readers import Reader
from plait.graph.shapes import Spec
from plait.training.feed import arrays


@dataclass(frozen=True)
class Signature:
    """The Specs of the inputs and the outputs, in their structures; and the layers that ask something of the inputs."""

    inputs: Any
    outputs: Any
    readers: Sequence[Reader]


@dataclass(frozen=True)
class CallSpecs:
    """What a call is given, with Specs in place of arrays: the inputs, and further arguments by name."""

    inputs: Any
    arguments: dict[str, Any]


def call_specs(inputs: Any, arguments: dict[str, Any]) -> CallSpecs:
    """Returns what a call is given, without its arrays."""
    return CallSpecs(nest.walk(adapter.spec, inputs), nest.walk(adapter.spec, arguments))


def specs_of(x: Any) -> Any:
    """Returns the Specs of data, for any number of samples.

    Errors: TypeError or ValueError for what are no arrays of numbers.
    """
    ports.check_is_one(x, "x", "inputs")

    def spec(leaf: Any) -> Spec:
        array = arrays.as_array(leaf, "input")
        return Spec((None, *array.shape[1:]), array.dtype.name)

    return nest.walk(spec, x)


def forward(model: Layer, signature: Signature) -> Callable[..., Updated]:
    """Returns the call as a pure function (values, flat inputs, ctx) -> Updated with flat outputs and masks."""
    # A program that held its model would keep it alive after its last user.
    reference = weakref.ref(model)

    def run(values: Mapping[Weight, Any], inputs: list[Any], ctx: Context) -> Updated:
        called: Any = reference()
        given = nest.pack(signature.inputs, inputs)
        updated = called.run(values, given, ctx, {})
        outputs = nest.flatten(updated.outputs)
        masks = nest.flatten(adapter.mask_after(called, updated, given, ctx))
        masks = masks if len(masks) == len(outputs) else masks[:1] * len(outputs)
        return Updated(outputs, updated.values, updated.losses, masks)

    return run
