"""Compiled functions whose results are known by name outside, and not inside the program.

JAX writes the keys of what a program gives into it, and finds a program that it has kept by what is in it. With the
paths of weights among them, the same layers under other names, such as those of a model that is built once more, would
be compiled anew.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax


@jax.tree_util.register_pytree_node_class
class Unnamed:
    """Holds a structure, of which JAX sees the leaves alone."""

    def __init__(self, structure: Any) -> None:
        self.structure = structure

    def tree_flatten(self) -> tuple[list[Any], Any]:
        """Returns the leaves, and what else there is."""
        return jax.tree.flatten(self.structure)

    @classmethod
    def tree_unflatten(cls, rest: Any, leaves: list[Any]) -> Unnamed:
        """Returns one that holds such a structure of these leaves."""
        return cls(jax.tree.unflatten(rest, leaves))


def giving(function: Callable[..., Any]) -> Callable[..., Unnamed]:
    """Returns the function for `jax.jit` to compile, whose result is in the `structure` of what that gives."""
    return functools.wraps(function)(lambda *args, **kwargs: Unnamed(function(*args, **kwargs)))
