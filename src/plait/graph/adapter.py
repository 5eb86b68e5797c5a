"""Runs layers written in Keras's way, whose `call` uses `self.kernel` and sub-layers as if they held arrays.

While such a call runs, its weights stand for the values of this call, and any layer that it calls computes with these
too, wherever the call found it. What it assigns, adds to the loss or passes on as a mask is collected on the side, so
the call as a whole is a pure function.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import warnings
from collections import ChainMap, Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import jax
import jax.numpy as jnp

from plait.core import errors, nest
from plait.core.context import Context
from plait.core.updated import Updated
from plait.core.weight import Weight, scope_in_force, standing_for
from plait.graph import shapes

if TYPE_CHECKING:
    from plait.graph.layer import Layer
    from plait.graph.node import Node


F = TypeVar("F", bound=Callable[..., Any])


class Call:
    """What happens during one call: the values in force, and what is collected. It stands for the handles meanwhile."""

    def __init__(self, layer: Layer, values: Mapping[Weight, Any], ctx: Context) -> None:
        self.layer = layer
        self.given = values
        self.ctx = ctx
        self.assigned: dict[Any, Any] = {}
        self.losses: list[Any] = []
        self.has_warned = False
        self.calls: Counter[str] = Counter()
        # By identity, with the array kept alive: `call` passes plain arrays on, which cannot carry a mask themselves.
        self.masks: dict[int, tuple[Any, Any]] = {}

    def value(self, handle: Any) -> Any:
        """Returns what is in force for a weight or a metric: what was given to the call, or what it assigned since."""
        if handle in self.assigned:
            return self.assigned[handle]
        try:
            return self.given[handle]
        except KeyError:
            if not isinstance(handle, Weight):
                return handle.held()  # nobody asks what it counts
            if not self.has_warned:
                warnings.warn(
                    f'{self.layer} uses the weight "{handle.path}" of a layer that is not part of the model: it will '
                    "not be trained here, and keeps the value it has now. Keep that layer in an attribute.",
                    UserWarning,
                    stacklevel=3,
                )
            self.has_warned = True
            return handle.held()

    def assign(self, handle: Any, value: Any) -> None:
        """Sets what is in force from here on; it leaves the call as new running state."""
        self.assigned[handle] = value

    def run(self, layer: Layer, inputs: Any, arguments: Mapping[str, Any]) -> Any:
        """Runs a layer with the values of this call."""
        arguments = {name: value for name, value in arguments.items() if value is not None}
        arguments |= masks_of_arguments(layer, arguments, self._mask_of_array)
        layer.prepare(nest.walk(spec, inputs), arguments, errors.call_site())
        place = self._place_of(layer)
        number = self.calls[place]
        self.calls[place] += 1
        ctx = self.ctx.at(f"{place}:{number}" if number else place, self.mask_of(inputs))
        updated = layer.run(_Known(self), inputs, ctx, arguments)
        self.assigned.update(updated.values)
        self.losses.extend(updated.losses)
        self.keep_mask(updated.outputs, mask_after(layer, updated, inputs, ctx))
        return updated.outputs

    def _place_of(self, layer: Layer) -> str:
        """Returns where a layer stands in this one, by names that do not depend on what else was built."""
        for attribute, child in self.layer.named_children():
            if child is layer:
                return child.canonical_name or attribute
        return layer.place.removeprefix(f"{self.layer.place}/")

    def keep_mask(self, arrays: Any, masks: Any) -> None:
        """Notes the masks of arrays."""
        leaves, found = nest.flatten(arrays), nest.flatten(masks)
        for array, mask in zip(leaves, found if len(found) == len(leaves) else found * len(leaves), strict=False):
            if mask is not None:
                self.masks[id(array)] = (array, mask)

    def mask_of(self, arrays: Any) -> Any:
        """Returns the masks noted for arrays, in their structure; None if there are none."""
        masks = nest.walk(self._mask_of_array, arrays)
        return masks if any(mask is not None for mask in nest.flatten(masks)) else None

    def inside(self, values: Mapping[Weight, Any]) -> Call:
        """Returns a call within this one, that finds these values before its own."""
        inner = Call(self.layer, ChainMap(dict(values), _Known(self)), self.ctx)  # type: ignore[arg-type]
        inner.calls, inner.masks = self.calls, self.masks
        return inner

    def _mask_of_array(self, array: Any) -> Any:
        return self.masks.get(id(array), (None, None))[1]


class _Known(Mapping[Weight, Any]):
    """The values in force in a call, as the layers inside look them up."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __getitem__(self, weight: Weight) -> Any:
        return self._call.value(weight)

    def __iter__(self) -> Iterator[Weight]:
        return iter(self._call.given)

    def __len__(self) -> int:
        return len(self._call.given)


class Nothing:
    """Stands for the handles inside `apply`, where a weight is no array, and a metric cannot count."""

    def value(self, handle: Any) -> Any:
        """Errors: TypeError, always."""
        if not isinstance(handle, Weight):
            raise _cannot_count(handle)
        raise TypeError(
            errors.explain(
                f'The weight "{handle.path}" is a handle, and no array, inside apply.', "Look it up: values[self.…]."
            )
        )

    def assign(self, handle: Any, value: Any) -> None:
        """Errors: TypeError, always."""
        if not isinstance(handle, Weight):
            raise _cannot_count(handle)
        raise TypeError(
            errors.explain(
                f'The weight "{handle.path}" cannot be assigned inside apply, which is a pure function.',
                "Return Updated(outputs, {self.…: new_value}).",
            )
        )


def _cannot_count(metric: Any) -> TypeError:
    return TypeError(
        errors.explain(
            f'The metric "{metric.name}" cannot count inside apply, which is a pure function.',
            "Write the layer in Keras's way, with `call`; there it can.",
        )
    )


NOTHING = Nothing()


def call_in_force(layer: Layer) -> Call | None:
    """Returns the Keras-style call that computes now; None outside of any.

    Errors: TypeError inside `apply`, where a layer with weights is run and not called.
    """
    scope = scope_in_force()
    if scope is NOTHING and layer.weights:
        raise TypeError(
            errors.explain(
                f"{layer} cannot be called inside the apply of another: it would not know which values to use.",
                f'Run it: layer.run(values, inputs, ctx.at("{layer.name}"), {{}}).outputs.',
            )
        )
    return scope if isinstance(scope, Call) else None


def apply_call(
    layer: Layer,
    function: Callable[..., Any],
    wanted: Container[str],
    values: Mapping[Weight, Any],
    inputs: Any,
    ctx: Context,
    arguments: Mapping[str, Any],
) -> Updated:
    """Returns what a Keras-style function gives for these values, and what it changed on the way.

    Args: function: called on the inputs; the layer's bound `call`, or a function that a layer was given.
          wanted: the names of its parameters; it gets `training` and `mask` if they are among them.
    """
    call = Call(layer, values, ctx)
    call.keep_mask(inputs, ctx.mask)
    _adopt_all(layer)
    extra = {"training": ctx.training, "mask": ctx.mask}
    known = {name: extra[name] for name in extra if name in wanted and name not in arguments}
    with standing_for(call):
        outputs = nest.walk(_array, function(inputs, **known, **arguments))
    mask = Updated.ASK
    cls = type(layer)
    if cls.compute_mask is _layer_class(cls).compute_mask and call.mask_of(outputs) is not None:
        mask = call.mask_of(outputs)
    return Updated(outputs, call.assigned, tuple(call.losses), mask)


def _adopt_all(layer: Layer) -> None:
    """Gives the layers inside their places before any of them is built: initial values go by these."""
    for attribute, child in layer.named_children():
        if layer.adopt(child, child.canonical_name or attribute):
            _adopt_all(child)


def spec(leaf: Any) -> Any:
    """Returns the Spec of an array, unknown sizes of one that is traced unknown again; anything else as it is."""
    is_array = hasattr(leaf, "shape") and hasattr(leaf, "dtype")
    return shapes.Spec(shapes.without_probes(leaf.shape), str(leaf.dtype)) if is_array else leaf


def _array(leaf: Any) -> Any:
    return leaf.value if isinstance(leaf, Weight) else leaf


def add_loss(layer: Layer, loss: Any) -> None:
    """Adds a term to the loss collected by the call that computes now."""
    call = call_in_force(layer)
    if call is None:
        raise RuntimeError(
            errors.explain(
                f"{layer}: add_loss works inside `call`, where the loss of a step is computed.",
                "For a penalty on a weight, give the weight a regularizer.",
            )
        )
    call.losses.extend(jnp.asarray(one, jnp.float32) for one in (loss if isinstance(loss, list | tuple) else [loss]))


def losses_in_force() -> list[Any] | None:
    """Returns what was added to the loss by the call that computes now so far; None outside of any."""
    scope = scope_in_force()
    return scope.losses if isinstance(scope, Call) else None


def mask_in_force(arrays: Any) -> Any:
    """Returns the masks that arrays carry in the call that computes now, in their structure; None if there are none."""
    scope = scope_in_force()
    return scope.mask_of(arrays) if isinstance(scope, Call) else None


def value_and_grad(function: Callable[[], tuple[Any, Any]], weights: Sequence[Weight]) -> tuple[Any, Any, list[Any]]:
    """Returns the loss and what else a function gives, and the gradients of the loss by weights of the call.

    Args:   function: takes nothing and returns the loss and arrays; what it assigns, the call has assigned.
    Errors: RuntimeError outside of a Keras-style call.
    """
    outer = scope_in_force()
    if not isinstance(outer, Call):
        raise RuntimeError(
            errors.explain(
                "value_and_grad works inside train_step, where the weights stand for the arrays of a step.",
                "Elsewhere: values, apply = model.pure(), and jax.grad of a function of the values.",
            )
        )
    assigned: list[Weight] = []

    def computed(arrays: list[Any]) -> tuple[Any, Any]:
        inner = outer.inside(dict(zip(weights, arrays, strict=True)))
        with standing_for(inner):
            loss, aux = function()
        assigned[:] = inner.assigned
        return loss, (aux, list(inner.assigned.values()), inner.losses)

    given = [outer.value(weight) for weight in weights]
    (loss, (aux, values, losses)), gradients = jax.value_and_grad(computed, has_aux=True)(given)
    outer.assigned.update(zip(assigned, values, strict=True))
    outer.losses.extend(losses)
    return loss, aux, gradients


def apart(function: Callable[[], Any]) -> Updated:
    """Returns what a function gives, and what it changes in the Keras-style call around it, which is not told yet."""
    outer = scope_in_force()
    if not isinstance(outer, Call):
        return Updated(function(), mask=None)
    inner = outer.inside({})
    with standing_for(inner):
        outputs = function()
    return Updated(outputs, inner.assigned, tuple(inner.losses), inner.mask_of(outputs))


def told(updated: Updated) -> Any:
    """Lets the Keras-style call that computes now have what was computed apart, and returns the outputs."""
    outer = scope_in_force()
    if isinstance(outer, Call):
        outer.assigned.update(updated.values)
        outer.losses.extend(updated.losses)
        outer.keep_mask(updated.outputs, updated.mask)
    return updated.outputs


def call_inherited(layer: Layer, inputs: Any, args: Sequence[Any], arguments: Mapping[str, Any]) -> Any:
    """Runs the `apply` that a Keras-style subclass inherits: what `super().call(x)` means there.

    Errors: NotImplementedError if it inherits none.
    """
    call = call_in_force(layer)
    cls = type(layer)
    generic = _layer_class(cls).apply
    own = (one.__dict__.get("apply", generic) for one in cls.__mro__)
    inherited = next((apply for apply in own if apply is not generic), None)
    if call is None or inherited is None:
        raise NotImplementedError(f"{layer} computes nothing: give {cls.__name__} an `apply` or a `call` method.")
    given = {**dict(zip(parameters(inherited)[4:], args, strict=False)), **arguments}
    known = {name: given.pop(name, None) for name in ("training", "mask")}
    ctx = replace(call.ctx, **{name: value for name, value in known.items() if value is not None})
    with standing_for(NOTHING):
        updated = inherited(layer, _Known(call), inputs, ctx, **given)
    if not isinstance(updated, Updated):
        return updated
    call.assigned.update(updated.values)
    call.losses.extend(updated.losses)
    return updated.outputs


class Placeholders(Mapping[Weight, Any]):
    """Stands for the values of any handles while a layer is traced for its output shape: zeros that are never made."""

    def __getitem__(self, handle: Any) -> Any:
        return jnp.zeros(handle.shape, handle.dtype) if isinstance(handle, Weight) else handle.held()

    def __iter__(self) -> Iterator[Weight]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Held(Mapping[Weight, Any]):
    """Stands for the values that handles hold when they are read: also of layers that a call is yet to build."""

    def __getitem__(self, weight: Weight) -> Any:
        return weight.held()

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
    """Returns the names of what a layer is called on, its inputs first, however the layer is written."""
    if cls.apply is _layer_class(cls).apply:  # type: ignore[attr-defined]
        return parameters(cls.call)[1:]  # type: ignore[attr-defined]
    named = parameters(cls.apply)  # type: ignore[attr-defined]
    return (*named[2:3], *named[4:])


@_remembered
def _layer_class(cls: type) -> Any:
    """Returns the class Layer itself, which stands above this module."""
    return next(one for one in cls.__mro__ if one.__module__ == "plait.graph.layer" and one.__name__ == "Layer")


def masks_of_arguments(layer: Layer, arguments: Mapping[str, Any], mask_of: Callable[[Any], Any]) -> dict[str, Any]:
    """Returns the masks of a call's further arguments that the layer wants to know, by Keras's names: `value_mask`.

    Args: mask_of: gives the mask of one argument, None if it has none.
    """
    if not arguments:
        return {}
    wanted = call_arguments(type(layer))
    names = {f"{name}_mask": name for name in arguments if arguments.get(f"{name}_mask") is None}
    masks = {mask: mask_of(arguments[name]) for mask, name in names.items() if mask in wanted}
    return {name: mask for name, mask in masks.items() if mask is not None}


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
