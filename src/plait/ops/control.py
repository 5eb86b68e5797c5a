"""Loops and branches that become part of a program, and functions applied along an axis.

The functions given run on arrays, or stand for them while a program is traced. They may not use symbolic tensors that
are not handed to them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import policy
from plait.graph.operators import lift

__all__ = [
    "associative_scan", "cond", "custom_gradient", "dtype", "fori_loop", "is_tensor", "map", "scan", "switch",
    "vectorize", "vectorized_map", "while_loop",
]  # fmt: skip


@lift
def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """Returns what one of two functions gives; only that one runs."""
    return jax.lax.cond(jnp.asarray(pred), true_fn, false_fn)


@lift
def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """Returns what one of several functions gives for the operands; a number beyond the ends takes the nearest."""
    return jax.lax.switch(jnp.asarray(index), list(branches), *operands)


@lift
def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """Returns what the variables have become when the condition no longer holds.

    Args: cond, body: of the variables, one argument each; body returns as many.
          maximum_iterations: after how many rounds to stop anyway.
    """
    are_several = isinstance(loop_vars, list | tuple)

    def may_go_on(state: tuple[Any, Any]) -> Any:
        count, variables = state
        goes_on = jnp.asarray(cond(*variables)).reshape(())
        return goes_on if maximum_iterations is None else goes_on & (count < maximum_iterations)

    def round_of(state: tuple[Any, Any]) -> tuple[Any, Any]:
        count, variables = state
        result = body(*variables)
        return count + 1, tuple(result) if are_several else (result,)

    start = tuple(loop_vars) if are_several else (loop_vars,)
    _, variables = jax.lax.while_loop(may_go_on, round_of, (0, start))
    return variables if are_several else variables[0]


@lift
def fori_loop(lower: Any, upper: Any, body_fun: Callable[[Any, Any], Any], init_val: Any) -> Any:
    """Returns what `value = body_fun(i, value)` comes to, for i from lower to below upper."""
    return jax.lax.fori_loop(lower, upper, body_fun, init_val)


@lift
def scan(
    f: Callable[[Any, Any], Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> Any:
    """Returns the last state, and what each step gave: `state, y = f(state, x)` for the slices x of axis 0."""
    return jax.lax.scan(f, init, xs, length, reverse, unroll)


@lift
def associative_scan(f: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """Returns each element combined with all before it by a function whose order of use does not matter."""
    return jax.lax.associative_scan(f, elems, reverse, axis)


@lift
def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """Returns what the function gives for each slice of axis 0, one after the other."""
    return jax.lax.map(f, xs)


@lift
def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """Returns what the function gives for each slice of axis 0, all at once."""
    return jax.vmap(function)(elements)


def vectorize(pyfunc: Callable[..., Any], *, excluded: Any = None, signature: str | None = None) -> Callable[..., Any]:
    """Returns the function made to work along all axes but those that its signature names, as `numpy.vectorize`."""
    return jnp.vectorize(pyfunc, excluded=excluded or set(), signature=signature)


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Returns the function with a gradient of its own: it returns its value and a function of the cotangent."""
    return jax.custom_gradient(f)


def dtype(x: Any) -> str:
    """Returns the name of the dtype."""
    return policy.dtype_name(x.dtype)


def is_tensor(x: Any) -> bool:
    """Whether this is an array that has numbers, or stands for them in a program; a symbolic tensor is none."""
    return isinstance(x, jax.Array)
