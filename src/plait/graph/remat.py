"""Blocks that keep nothing for the backward pass, which computes them again: less memory, more time, the same numbers.

A block is a layer with all that is in it, or a function. Kept is what it is computed from.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import jax

from plait.core import errors, nest
from plait.core.context import Context
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.graph import adapter, watching
from plait.graph.tensor import any_symbolic

if TYPE_CHECKING:
    from plait.graph.layer import Layer

F = TypeVar("F", bound=Callable[..., Any])


def is_asked(layer: Layer, ctx: Context) -> bool:
    """Whether a call of a layer is to be a block of its own."""
    return layer in ctx.recomputed and not _is_looked_at()


def run(layer: Layer, values: Mapping[Weight, Any], inputs: Any, ctx: Context, arguments: Mapping[str, Any]) -> Updated:
    """Runs a layer as a block; as ever where its outputs have no more elements than are to be exceeded."""

    def computing(recomputed: Mapping[Any, int]) -> Callable[[], Updated]:
        return lambda: layer.run(values, inputs, replace(ctx, recomputed=recomputed), arguments)

    # In a block all is computed again anyway.
    block = computing({})
    exceeded = ctx.recomputed[layer]
    if exceeded and _size(block) <= exceeded:
        return computing({other: size for other, size in ctx.recomputed.items() if other is not layer})()
    return _computed_twice(block)


def remat(f: F) -> F:
    """Returns the function, as a block: gradients compute it again, and keep what it is given.

        self.mixed = plait.remat(self.mix)

    For a part of a `call`, or of a function of one's own. For whole layers there is `compile(remat=…)`.

    Args:   f: of arrays, and of anything else, which it gets as it is.
    Errors: TypeError where it is called on symbolic tensors.
    """

    @functools.wraps(f)
    def as_block(*args: Any, **kwargs: Any) -> Any:
        if any_symbolic([args, kwargs]):
            raise TypeError(
                errors.explain(
                    "remat takes functions of arrays, got one that is called on symbolic tensors.",
                    "For layers of a model, name them: model.compile(…, remat=…).",
                )
            )
        if _is_looked_at():
            return f(*args, **kwargs)
        return adapter.told(_computed_twice(lambda: adapter.apart(lambda: f(*args, **kwargs))))

    return cast("F", as_block)


def _computed_twice(compute: Callable[[], Updated]) -> Updated:
    """Returns what is computed now, and again in the backward pass."""
    found: list[Updated] = []

    def arrays() -> Any:
        updated = compute()
        found.append(updated)
        masks = [] if updated.mask is Updated.ASK else nest.flatten(updated.mask)
        return nest.flatten(updated.outputs), list(updated.values.values()), updated.losses, masks

    # Without arguments: weights, inputs, masks and keys, in structures of their own, are known to the closure.
    outputs, values, losses, masks = jax.checkpoint(arrays)()
    (updated,) = found
    return Updated(
        nest.pack(updated.outputs, outputs),
        dict(zip(updated.values, values, strict=True)),
        losses,
        Updated.ASK if updated.mask is Updated.ASK else nest.pack(updated.mask, masks),
    )


def _size(compute: Callable[[], Updated]) -> int:
    """Returns the number of elements of the outputs."""
    outputs = jax.eval_shape(lambda: nest.flatten(compute().outputs))
    return sum(output.size for output in jax.tree.leaves(outputs))


def _is_looked_at() -> bool:
    """Whether somebody looks at the numbers of each operation, of which a block shows none."""
    return watching.current() is not None or jax.config.values["jax_disable_jit"]


# ---------------------------------------------------------------------------------------------- scopes

_scope: ContextVar[RematScope | None] = ContextVar("remat_scope", default=None)


class RematScope:
    """Lets the layers that are made in the `with` block be computed again in the backward pass.

        with plait.RematScope("larger_than", output_size_threshold=10_000):
            hidden = layers.Conv2D(64, 3)(inputs)

    Keras's way; `compile(remat=…)` says the same of layers by their paths, whenever they were made.

    Args:   mode: "full" for all of them, "activations" for those with an activation, "larger_than" for those whose
                outputs are larger than the threshold, "list_of_layers" for those listed, None for none of them.
            output_size_threshold: the number of elements that the outputs are to exceed, all examples of a batch.
            layer_names: the layers that are listed.
    Errors: ValueError for an unknown mode.
    """

    def __init__(
        self,
        mode: str | None = "full",
        output_size_threshold: int = 1024,
        layer_names: Sequence[str] | None = None,
    ) -> None:
        if mode is not None and mode not in _MODES:
            raise errors.unknown("mode of RematScope", mode, _MODES)
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = list(layer_names or [])
        self._around: list[RematScope | None] = []

    def __enter__(self) -> RematScope:
        self._around.append(_scope.get())
        _scope.set(self)
        return self

    def __exit__(self, *_: Any) -> None:
        _scope.set(self._around.pop())

    def asks(self, layer: Layer) -> bool:
        """Whether a layer that was made in this scope is to be computed again."""
        return self.mode is not None and _MODES[self.mode](self, layer)

    @property
    def exceeded(self) -> int:
        """The number of elements that the outputs of a layer must exceed for it; 0 for any."""
        return self.output_size_threshold if self.mode == "larger_than" else 0


_MODES: dict[str, Callable[[RematScope, Layer], bool]] = {
    "full": lambda scope, layer: True,
    "activations": lambda scope, layer: getattr(layer, "activation", None) is not None,
    "larger_than": lambda scope, layer: True,
    "list_of_layers": lambda scope, layer: layer.name in scope.layer_names,
}


def scope_in_force() -> RematScope | None:
    """Returns the scope that a layer is made in; None outside of any."""
    return _scope.get()


def scoped(root: Layer) -> Iterator[tuple[Layer, int]]:
    """Yields each layer in `root` whose scope asks for it, with the size that its outputs must exceed."""
    for child in root.children():
        scope = child.remat_scope
        if scope is not None and scope.asks(child):
            yield child, scope.exceeded
        yield from scoped(child)
