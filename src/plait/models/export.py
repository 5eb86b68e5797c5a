"""Models as programs for elsewhere: which format is asked for, what it is given, and which layer it cannot take."""

from __future__ import annotations

import bisect
import os
import pathlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from plait.core import errors, nest
from plait.core.context import Context
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.files import onnx, stablehlo
from plait.files.inference import Function, Inference
from plait.graph import ports, walks
from plait.graph.graph import Graph
from plait.graph.layer import Layer
from plait.graph.shapes import Shape

# Each has `check`, `make` and `write`.
_FORMATS: dict[str, Any] = {"stablehlo": stablehlo, "onnx": onnx}
_ENDINGS = {".stablehlo": "stablehlo", ".onnx": "onnx", "": "stablehlo"}
# What the sizes of an input's axes are called that may be any: one name in two places is one size. All inputs have one
# number of examples; other sizes may all differ, and where they may not, are the same on the same axis.
_NAMINGS: tuple[Callable[[int, int], str], ...] = (
    lambda number, axis: f"input_{number}_axis_{axis}" if axis else "batch",
    lambda number, axis: f"axis_{axis}" if axis else "batch",
)


def export(
    model: Any, path: str | os.PathLike[str], format: str | None, input_signature: Any, verbose: bool | None
) -> None:
    """Writes the model as a program; see `Model.export`."""
    name = _format(model, path, format)
    inference, shapes = _inference(model), _shapes(model, input_signature)
    _FORMATS[name].check(inference)
    _FORMATS[name].write(path, _made(model, name, inference, shapes), inference)
    if verbose:
        print(f"{model} is exported to {path}: {inference.given_as} -> {inference.returned_as}")


def _format(model: Any, path: Any, format: str | None) -> str:
    name = _ENDINGS.get(pathlib.Path(path).suffix) if format is None else format
    if name in _FORMATS:
        return name
    got = f"the name {str(path)!r}" if format is None else f"format {format!r}"
    raise ValueError(
        errors.explain(
            f'{model} is exported as StableHLO ("stablehlo") or ONNX ("onnx"), got {got}.',
            'Write model.export("….stablehlo") or model.export("….onnx"). JAX runs the first; many others run the '
            "second, or convert it to their own format.",
        )
    )


def _inference(model: Any) -> Inference:
    model.computation  # noqa: B018 - raises where it is not known what the model takes and gives
    if model.has_graph and model.graph.before.steps:
        layer = model.graph.before.steps[0].node.layer
        raise ValueError(
            errors.explain(
                f"{model} starts on the host, with {layer}, which cannot be exported.",
                f'Export what comes after it, Model(model.get_layer("{layer.name}").output, model.output), and call '
                "that layer on the data before they are given to the program.",
            )
        )
    handles = walks.weight_paths(model)
    given, returned = ([port.name for port in of] for of in (model.input_ports, model.output_ports))
    return Inference(
        name=model.name,
        function=_function(model, model.forward()),
        weights={path: weight.peek() for path, weight in handles.items()},
        specs=[],
        input_names=given,
        output_names=returned,
        given_as=nest.pack(model.input_structure, given),
        returned_as=nest.pack(model.output_structure, returned),
        computes_in=frozenset(layer.compute_dtype for layer in walks.layers_in(model)),
    )


def _function(model: Any, forward: Callable[..., Updated]) -> Function:
    """Returns what predicts as a function of lists."""
    handles, frozen = list(walks.weight_paths(model).values()), walks.frozen_layers(model)

    def predict(weights: list[Any], inputs: list[Any]) -> list[Any]:
        values: dict[Weight, Any] = dict(zip(handles, weights, strict=True))
        # No key: what draws says so.
        updated = forward(values, inputs, Context(frozen=frozen))
        # What metrics count is no part of what is predicted.
        weights_after = {handle: value for handle, value in updated.values.items() if isinstance(handle, Weight)}
        changed = [weight for weight, value in weights_after.items() if value is not values.get(weight)]
        if changed:
            raise ValueError(f'it remembers "{changed[0].name}" from call to call, and an exported program nothing')
        return nest.flatten(updated.outputs)

    return predict


def _shapes(model: Any, input_signature: Any) -> list[Shape]:
    """Returns the shape of each input, None for sizes that may be any."""
    # As declared, and with the batch size that was: a program may depend on it.
    tensors = nest.flatten(model.input_structure)
    declared = [port._replace(shape=tensor.shape) for port, tensor in zip(model.input_ports, tensors, strict=True)]
    if input_signature is None:
        return [port.shape for port in declared]
    given = ports.arrange(input_signature, model.input_structure, declared, "inputs")
    return [_shape(model, *one) for one in zip(given, declared, strict=True)]


def _shape(model: Any, given: Any, port: ports.Port) -> Shape:
    shape = getattr(given, "shape", None)
    if shape is None:
        raise TypeError(
            errors.explain(
                f'{model} needs an InputSpec in input_signature for its input "{port.name}", got '
                f"{errors.described(given)}.",
                f"Write plait.InputSpec(shape={port.shape}), with the sizes that it is to be exported for.",
            )
        )
    # Data stand for any number of examples, as in Keras.
    shape = (None, *shape[1:]) if isinstance(given, np.ndarray | jax.Array) else tuple(shape)
    if not ports.fits(shape, port.shape):
        raise ValueError(
            errors.explain(
                f'{model} needs shape {port.shape} for its input "{port.name}", got {shape} in input_signature.'
            )
        )
    return tuple(known if size is None else size for size, known in zip(shape, port.shape, strict=True))


def _specs(model: Any, shapes: Sequence[Shape], name: Callable[[int, int], str]) -> list[Any]:
    """Returns what JAX traces with, a symbol for each size that may be any."""
    from jax import export

    scope = export.SymbolicScope()

    def spec(number: int, shape: Shape, dtype: str) -> Any:
        sizes = [name(number, axis) if size is None else str(size) for axis, size in enumerate(shape)]
        symbols = export.symbolic_shape(f"({','.join(sizes)},)", scope=scope)
        return jax.ShapeDtypeStruct(symbols, jax.dtypes.canonicalize_dtype(dtype))

    dtypes = [port.dtype for port in model.input_ports]
    return [spec(number, *one) for number, one in enumerate(zip(shapes, dtypes, strict=True))]


def _made(model: Any, name: str, inference: Inference, shapes: Sequence[Shape]) -> Any:
    """Returns what the format makes of it.

    Errors: ValueError that names the layer that it cannot take.
    """
    problem: Exception
    for naming in _NAMINGS:
        asked = replace(inference, specs=_specs(model, shapes, naming))
        try:
            return _FORMATS[name].make(asked)
        except Exception as error:
            problem = error
    layer = _culprit(model, name, asked)
    may_be_any = any(None in shape[1:] for shape in shapes)
    raise ValueError(
        errors.explain(
            f"{model} cannot be exported as {name}{f' with {layer} in it' if layer else ''}: "
            f"{str(problem).strip().partition(chr(10))[0] or type(problem).__name__}",
            "Sizes that may be any make it harder: give them, input_signature=plait.InputSpec(shape=(None, …))."
            if may_be_any
            else None,
            'StableHLO can hold more: model.export("….stablehlo").' if name == "onnx" else None,
        )
    ) from problem


def _culprit(model: Any, name: str, inference: Inference) -> Layer | None:
    """Returns the first layer without which what is computed up to it could be exported; None if there is none such."""
    if not model.has_graph:
        return None
    nodes = model.graph.nodes

    def fails(last: int) -> bool:
        tensors = [node.tensor(index) for node in nodes[: last + 1] for index in range(len(node.outputs))]
        graph = Graph(model.graph.input_structure, tensors)
        part = replace(inference, function=_function(model, graph.run), input_names=[], output_names=[])
        try:
            _FORMATS[name].make(part)
        except Exception:
            return True
        return False

    first = bisect.bisect_left(range(len(nodes)), True, key=fails)
    return nodes[first].layer if first < len(nodes) else None
