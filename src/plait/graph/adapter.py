"""Runs layers written in Keras's way, whose `call` uses `self.kernel` and sub-layers as if they held arrays.

For one call, a copy of the layer is made whose handles are bound to the values of this call and whose sub-layers are
bound to their place in it. What the call assigns, adds to the loss or passes on as a mask is collected on the side, so
the call as a whole is a pure function.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import operator
import warnings
from collections import ChainMap, Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import jax
import jax.numpy as jnp

from plait.core import errors, nest
from plait.core.context import Context
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.graph import shapes

if TYPE_CHECKING:
    from plait.graph.layer import Layer
    from plait.graph.node import Node


F = TypeVar("F", bound=Callable[..., Any])


class _Call:
    """What happens during one call: the values in force, and what is collected."""

    def __init__(self, layer: Layer, values: Mapping[Weight, Any], ctx: Context) -> None:
        self.layer = layer
        self.given = values
        self.ctx = ctx
        self.assigned: dict[Weight, Any] = {}
        self.losses: list[Any] = []
        self.calls: Counter[str] = Counter()
        # By identity, with the array kept alive: `call` passes plain arrays on, which cannot carry a mask themselves.
        self.masks: dict[int, tuple[Any, Any]] = {}

    def value(self, weight: Weight) -> Any:
        return self.assigned[weight] if weight in self.assigned else self.given[weight]

    def keep_mask(self, arrays: Any, masks: Any) -> None:
        leaves, found = nest.flatten(arrays), nest.flatten(masks)
        for array, mask in zip(leaves, found if len(found) == len(leaves) else found * len(leaves), strict=False):
            if mask is not None:
                self.masks[id(array)] = (array, mask)

    def mask_of(self, arrays: Any) -> Any:
        masks = nest.walk(lambda array: self.masks.get(id(array), (None, None))[1], arrays)
        return masks if any(mask is not None for mask in nest.flatten(masks)) else None


class BoundWeight:
    """Running state inside a Keras-style call: an array to compute with, which may also be assigned."""

    def __init__(self, weight: Weight, call: _Call) -> None:
        self._weight, self._call = weight, call

    @property
    def value(self) -> Any:
        """The array in force: the one given to the call, or the one it assigned since."""
        return self._call.value(self._weight)

    def assign(self, value: Any) -> None:
        """Sets the value from here on; it leaves the call as new running state."""
        weight = self._weight
        if jnp.shape(value) != weight.shape:
            raise ValueError(
                f'Weight "{weight.name}" has shape {weight.shape}, got a value of shape {jnp.shape(value)}.'
            )
        self._call.assigned[weight] = jnp.asarray(value, weight.dtype)

    def assign_add(self, value: Any) -> None:
        """Adds to the value."""
        self.assign(self.value + value)

    def assign_sub(self, value: Any) -> None:
        """Subtracts from the value."""
        self.assign(self.value - value)

    def __jax_array__(self) -> Any:
        return self.value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.value, name)

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]


def _operator(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, *others: function(self.value, *(getattr(other, "value", other) for other in others))


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    _function = getattr(operator, _name)
    setattr(BoundWeight, f"__{_name}__", _operator(_function))
    setattr(BoundWeight, f"__r{_name}__", _operator(lambda a, b, f=_function: f(b, a)))
for _name in ("neg", "abs", "lt", "le", "gt", "ge"):
    setattr(BoundWeight, f"__{_name}__", _operator(getattr(operator, _name)))


# JAX takes the arguments of its compiled functions apart: there the weight becomes its array.
jax.tree_util.register_pytree_node(BoundWeight, lambda weight: ((weight.value,), None), lambda _, arrays: arrays[0])


class BoundLayer:
    """A sub-layer inside a Keras-style call: it can be called, and asked what the layer can be asked."""

    def __init__(self, layer: Layer, place: str, call: _Call) -> None:
        self._layer, self._place, self._call = layer, place, call

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Runs the layer with the values of this call."""
        layer, call = self._layer, self._call
        arguments = {name: value for name, value in layer._by_name(args, kwargs).items() if value is not None}
        if not layer.built:
            specs = nest.walk(lambda a: shapes.Spec(shapes.without_probes(a.shape), a.dtype.name), inputs)
            layer.prepare(specs, arguments, errors.call_site())
        number = call.calls[self._place]
        call.calls[self._place] += 1
        ctx = call.ctx.at(f"{self._place}:{number}" if number else self._place, call.mask_of(inputs))
        values = ChainMap(call.assigned, call.given) if call.assigned else call.given  # type: ignore[arg-type]
        updated = layer.run(values, inputs, ctx, arguments)
        call.assigned.update(updated.values)
        call.losses.extend(updated.losses)
        call.keep_mask(updated.outputs, mask_after(layer, updated, inputs, ctx))
        return updated.outputs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layer, name)


def apply_call(
    layer: Layer, values: Mapping[Weight, Any], inputs: Any, ctx: Context, arguments: Mapping[str, Any]
) -> Updated:
    """Returns what a Keras-style layer's `call` gives for these values, and what it changed on the way.

    Errors: NotImplementedError if the class has neither `apply` nor `call`.
    """
    cls = type(layer)
    if cls.call is _layer_class(cls).call:
        raise NotImplementedError(f"{layer} computes nothing: give {cls.__name__} an `apply` or a `call` method.")
    call = _Call(layer, values, ctx)
    call.keep_mask(inputs, ctx.mask)
    bound = bind(layer, call)
    wanted = parameters(cls.call)
    extra = {"training": ctx.training, "mask": ctx.mask}
    outputs = cls.call(bound, inputs, **{name: extra[name] for name in extra if name in wanted}, **arguments)
    mask = Updated.ASK
    if cls.compute_mask is _layer_class(cls).compute_mask and call.mask_of(outputs) is not None:
        mask = call.mask_of(outputs)
    return Updated(outputs, call.assigned, tuple(call.losses), mask)


def bind(layer: Layer, call: _Call) -> Any:
    """Returns the copy of a layer that its `call` sees as `self`."""
    places = {id(child): (child.canonical_name or attribute) for attribute, child in layer.named_children()}
    for child in layer.children():
        layer.adopt(child, places[id(child)])

    def bound(value: Any) -> Any:
        if isinstance(value, Weight):
            # What is learned is only read: a plain array, which every function takes.
            return call.value(value) if value.trainable else BoundWeight(value, call)
        return BoundLayer(value, places[id(value)], call) if id(value) in places else value

    copy = object.__new__(type(layer))
    for name, value in vars(layer).items():
        if not name.startswith("_"):
            vars(copy)[name] = nest.walk(bound, value) if isinstance(value, list | tuple | dict) else bound(value)
        else:
            vars(copy)[name] = bound(value)
    vars(copy)["_call"] = call
    return copy


def add_loss(bound: Any, loss: Any) -> None:
    """Adds a term to the loss collected by the call that `bound` is in."""
    call = vars(bound).get("_call")
    if call is None:
        raise RuntimeError(
            errors.explain(
                f"{bound}: add_loss works inside `call`, where the loss of a step is computed.",
                "For a penalty on a weight, give the weight a regularizer.",
            )
        )
    call.losses.extend(jnp.asarray(one, jnp.float32) for one in (loss if isinstance(loss, list | tuple) else [loss]))


def call_inherited(bound: Any, inputs: Any, arguments: Mapping[str, Any]) -> Any:
    """Runs the `apply` that a Keras-style subclass inherits: what `super().call(x)` means there."""
    call = vars(bound)["_call"]
    generic = _layer_class(type(bound)).apply
    inherited = next(
        one.__dict__["apply"] for one in type(bound).__mro__ if one.__dict__.get("apply", generic) is not generic
    )
    updated = inherited(call.layer, ChainMap(call.assigned, call.given), inputs, call.ctx, **arguments)
    if not isinstance(updated, Updated):
        return updated
    call.assigned.update(updated.values)
    call.losses.extend(updated.losses)
    return updated.outputs


class Placeholders(Mapping[Weight, Any]):
    """Stands for the values of any weights while a layer is traced for its output shape: zeros that are never made."""

    def __getitem__(self, weight: Weight) -> Any:
        return jnp.zeros(weight.shape, weight.dtype)

    def __iter__(self) -> Iterator[Weight]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Held(Mapping[Weight, Any]):
    """Stands for the values that handles hold when they are read: also of layers that a call is yet to build."""

    def __getitem__(self, weight: Weight) -> Any:
        return weight.value

    def __iter__(self) -> Iterator[Weight]:
        return iter(())

    def __len__(self) -> int:
        return 0


def mask_after(layer: Layer, updated: Updated, inputs: Any, ctx: Context) -> Any:
    """Returns the mask of what a layer has just computed."""
    if updated.mask is not Updated.ASK:
        return updated.mask
    if ctx.mask is None and type(layer).compute_mask is _layer_class(type(layer)).compute_mask:
        return None
    return layer.compute_mask(inputs, ctx.mask)


def _remembered(function: F) -> F:
    """Returns the function, made to compute each of its results once."""
    return functools.cache(function)  # type: ignore[return-value]


@_remembered
def parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """Returns the names of a function's parameters."""
    return tuple(inspect.signature(function).parameters)


@_remembered
def call_arguments(cls: type) -> tuple[str, ...]:
    """Returns the names of a layer's call arguments after its inputs, however the layer is written."""
    generic = _layer_class(cls).apply
    if cls.apply is generic:  # type: ignore[attr-defined]
        return parameters(cls.call)[2:]  # type: ignore[attr-defined]
    return parameters(cls.apply)[4:]  # type: ignore[attr-defined]


@_remembered
def _layer_class(cls: type) -> Any:
    """Returns the class Layer itself, which stands above this module."""
    return next(one for one in cls.__mro__ if one.__module__ == "plait.graph.layer" and one.__name__ == "Layer")


@contextlib.contextmanager
def blamed(layer: Layer, site: errors.CallSite | None = None, place: str = "") -> Iterator[None]:
    """Lets an exception pass unchanged, with a note that names the layer it came from, unless its message does.

    Of layers inside layers, the innermost says it.
    """
    try:
        yield
    except Exception as error:
        said = [str(error), *getattr(error, "__notes__", [])]
        if not said[0].startswith(str(layer)) and not any(one.startswith("  In layer") for one in said):
            error.add_note(f"  In layer {layer}{f', at {place!r}' if place and place != layer.name else ''}.")
        if site and not any("Called at" in one for one in said):
            error.add_note(f"  Called at {site}.")
        raise


def warn_lost_mask(layer: Layer, node: Node) -> None:
    """Says once, where the graph is drawn, that the masks of the inputs end here."""
    sources = ", ".join(f'"{tensor.name}"' for tensor in node.parents if tensor.node.masked[tensor.index])
    warnings.warn(
        errors.explain(
            f"{layer} does not pass on the mask of its input {sources}: what follows will treat padding as data.",
            site=node.site,
        ),
        UserWarning,
        stacklevel=4,
    )
