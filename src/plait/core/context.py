"""The facts of one call of a layer."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import seeds


@dataclass(frozen=True)
class Context:
    """What a layer may know of the call it is in, besides values and inputs.

    training: whether this call is part of a training step.
    root_key: the key of this step, from seed and step number; None where nothing may be random.
    place:    where in the model this call stands, e.g. `"encoder/dropout:1"`; the same whatever else was built.
    mask:     the mask of the inputs, in their structure; True marks a real step; None where there is none.
    frozen:   the layers that may not change: their running state stays and they run as in inference.
    recomputed: the layers that the backward pass computes again, each with the size that its outputs must exceed.
    """

    training: bool = False
    root_key: jax.Array | None = None
    place: str = ""
    mask: Any = None
    frozen: frozenset[Any] = frozenset()
    recomputed: Mapping[Any, int] = field(default_factory=dict)

    @property
    def key(self) -> jax.Array:
        """The random key of this very call: a function of seed, step and place, and of nothing else.

        Errors: RuntimeError in a call that was given no key, e.g. a layer called alone with training=True
                inside a function that is being compiled.
        """
        if self.root_key is None:
            raise RuntimeError(f"The call at {self.place or 'the top'!r} needs a random key, and was given none.")
        return jax.random.fold_in(self.root_key, seeds.fingerprint(self.place))

    def key_with(self, seed: int | None) -> jax.Array:
        """Returns the key of a layer that may have a seed of its own: another seed, other draws."""
        return self.key if seed is None else jax.random.fold_in(self.key, seed % 2**32)

    def at(self, name: str, mask: Any = None) -> Context:
        """Returns the context of a call inside this one."""
        return replace(self, place=f"{self.place}/{name}" if self.place else name, mask=mask)


def step_key(seed: Any, number: Any) -> jax.Array:
    """Returns the root key of a step: the seed and the step's number are its two words.

    A layer that draws hashes them with its place. Hashing them here too would make each step longer to trace and
    compile, by a third for a small model, whether a layer draws or not.
    """
    words = [jnp.asarray(word).astype("uint32") for word in (seed, number)]
    return jax.random.wrap_key_data(jnp.stack(words), impl="threefry2x32")


# The call that computes now, and how often its key was drawn from.
_current: ContextVar[tuple[Context, Iterator[int]] | None] = ContextVar("current", default=None)


@contextlib.contextmanager
def entered(ctx: Context) -> Iterator[None]:
    """Lets functions that are given no context, such as `plait.random.normal`, draw from this call's key."""
    token = _current.set((ctx, itertools.count()))
    try:
        yield
    finally:
        _current.reset(token)


def drawn_key() -> jax.Array | None:
    """Returns a key of the call that computes now, another one each time; None outside of calls that have one."""
    match _current.get():
        case (Context(root_key=key) as ctx, draws) if key is not None:
            return jax.random.fold_in(ctx.key, next(draws))
    return None


def in_force() -> Context:
    """Returns the context of the call that computes now; outside of calls one of which nothing is known."""
    current = _current.get()
    return Context() if current is None else current[0]


def is_training() -> bool:
    """Whether the call that computes now is part of a training step; False outside of calls."""
    return in_force().training
