"""What the layers of a model cost, counted in the program that JAX traces; nothing is computed or allocated for it.

XLA has an analysis of its own, of compiled programs. It counts the body of a loop once, however often it runs, and
nothing at all of compiled kernels.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors, jaxprs, nest
from plait.functional import kernels
from plait.graph import shapes
from plait.graph.layer import Layer
from plait.graph.shapes import Spec
from plait.reports.traced import watched


@dataclass(frozen=True)
class Costs:
    """What a prediction costs by layer, all calls of a layer together, those of the layers in it among them.

    examples:      how many are predicted.
    multiply_adds: in products of matrices and convolutions; the model itself stands here too, with all there are.
    output_bytes:  what a layer gives, as arrays.
    """

    examples: int
    multiply_adds: Counter[Layer]
    output_bytes: Counter[Layer]


def of(model: Any) -> Costs:
    """Returns what it costs to predict one example, or as many as the shapes of the inputs say.

    Of several branches the one that costs most is counted, and once a loop whose length only the numbers say.

    Errors: ValueError if the sizes of an example are not known, or a part of the model is computed on the host.
    """
    called = _known(model)
    scopes = _Scopes()

    def run(inputs: Any, arguments: Any) -> list[Any]:
        return nest.flatten(watched(model, inputs, arguments, scopes))

    function, specs = shapes.over_arrays(run, (called.inputs, called.arguments))
    _check_sizes(model, specs)
    inputs = [shapes.stand_in(spec, 1) for spec in specs]
    with kernels.plain("plait.costs"), contextlib.closing(scopes):
        program = jax.make_jaxpr(function)(inputs)
    multiply_adds: Counter[Layer] = Counter()
    for within, count in _products(program):
        multiply_adds.update(dict.fromkeys(scopes.layers_of(within), count))
    examples = next((one.shape[0] for one in inputs if one.shape), 1)
    return Costs(examples, multiply_adds, scopes.output_bytes)


class _Scopes:
    """Lets each call of a layer compute in a scope of its own, whose name its operations bear; weighs its outputs."""

    def __init__(self) -> None:
        self.output_bytes: Counter[Layer] = Counter()
        self._layers: list[Layer] = []
        self._open: list[contextlib.ExitStack] = []

    def taken(self, layer: Layer, inputs: Any) -> Any:
        scope = contextlib.ExitStack()
        scope.enter_context(jax.named_scope(f"plait:{len(self._layers)}"))
        self._layers.append(layer)
        self._open.append(scope)
        return inputs

    def given(self, layer: Layer, outputs: Any) -> Any:
        self._open.pop().close()
        arrays = [jnp.asarray(leaf) for leaf in nest.flatten(outputs) if leaf is not None]
        self.output_bytes[layer] += sum(array.size * array.dtype.itemsize for array in arrays)
        return outputs

    def close(self) -> None:
        """Ends the scopes of calls that failed."""
        while self._open:
            self._open.pop().close()

    def layers_of(self, scopes: str) -> set[Layer]:
        """Returns the layers whose calls an operation belongs to, by the names of the scopes around it."""
        return {self._layers[int(number)] for number in re.findall(r"plait:(\d+)", scopes)}


# ------------------------------------------------------------------------------------------------ counting


def _products(program: Any, times: int = 1, around: str = "") -> Iterator[tuple[str, int]]:
    """Yields the multiply-adds of each product in a program that runs so many times, with the scopes it is in."""
    for operation in program.eqns:
        name, within = operation.primitive.name, f"{around}/{operation.source_info.name_stack}"
        if name in _MULTIPLY_ADDS:
            yield within, times * _MULTIPLY_ADDS[name](operation)
            continue
        runs = times * operation.params["length"] if name == "scan" else times
        found = [list(_products(part, runs, within)) for part in jaxprs.inside(operation)]
        for products in [max(found, key=_total)] if name == "cond" else found:
            yield from products


def _total(products: list[tuple[str, int]]) -> int:
    return sum(count for _, count in products)


def _of_product(operation: Any) -> int:
    """Counts one for each number of the result and each number of the axes that are summed over."""
    (summed, _), _ = operation.params["dimension_numbers"]
    left, result = operation.invars[0].aval.shape, operation.outvars[0].aval.shape
    return math.prod(result) * math.prod(left[axis] for axis in summed)


def _of_convolution(operation: Any) -> int:
    """Counts the kernel once for each place of the outputs, padding included."""
    layout = operation.params["dimension_numbers"]
    (inputs, kernel), result = (one.aval.shape for one in operation.invars), operation.outvars[0].aval.shape
    # A transposed convolution puts zeros between the inputs, each of which meets the whole kernel.
    is_transposed = any(step > 1 for step in operation.params["lhs_dilation"])
    shape, (batch, _, *spatial) = (inputs, layout.lhs_spec) if is_transposed else (result, layout.out_spec)
    return math.prod(kernel) * math.prod(shape[axis] for axis in (batch, *spatial))


_MULTIPLY_ADDS: dict[str, Callable[[Any], int]] = {
    "dot_general": _of_product,
    "conv_general_dilated": _of_convolution,
}


# ------------------------------------------------------------------------------------------------ arguments


def _known(model: Any) -> Any:
    """Returns what a call of the model is given.

    Errors: ValueError if that is not known yet, or is text.
    """
    called = model.call_specs
    if called is None:
        raise ValueError(
            errors.explain(
                f"What the layers of {model} cost is not known: it was not called yet.",
                "Call it on data, or on an Input, first.",
            )
        )
    if model.has_graph and model.graph.before.steps:
        layer = model.graph.before.steps[0].node.layer
        raise ValueError(
            errors.explain(
                f"{model} starts on the host, with {layer}, whose costs are not known.",
                f'For those of what comes after it: Model(model.get_layer("{layer.name}").output, model.output).',
            )
        )
    return called


def _check_sizes(model: Any, specs: list[Spec]) -> None:
    """Errors: ValueError if another size than the number of examples is not known."""
    unknown = [spec.shape for spec in specs if None in spec.shape[1:]]
    if unknown:
        raise ValueError(
            errors.explain(
                f"What the layers of {model} cost depends on sizes that are not known: it takes shape {unknown[0]}.",
                "Clone it for the sizes you have in mind: plait.models.clone_model(model, Input(shape=…))."
                if model.has_graph
                else "Make a new one, and call it on an Input of the sizes you have in mind.",
            )
        )
