"""Functions of named arrays, compiled as functions of lists of arrays.

JAX keeps what it knows of a compiled function under the names in its arguments and results, and writes some of them
into the program. With the paths of weights among them, the same layers under other names, such as those of a model that
is built once more, would be compiled anew, and each such model would leave its names with JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax

from plait.core import errors


class Jitted:
    """A function compiled by JAX, which sees the arrays in its arguments and its result without their names.

    Args: donate_argnums, options: as for `jax.jit`; what is static is given by keyword.
    """

    def __init__(self, function: Callable[..., Any], donate_argnums: Sequence[int] = (), **options: Any) -> None:
        self._function = function
        self._donated = tuple(donate_argnums)
        self._options = options
        self._for_structures: dict[Any, tuple[Any, list[Any]]] = {}

    def __call__(self, *args: Any, **static: Any) -> Any:
        """Returns what the function does.

        Errors: ValueError for a function whose results are not named alike for data of every shape.
        """
        jitted, result, leaves = self._found(args)
        arrays = jitted(*leaves, **static)
        return jax.tree.unflatten(result[0], arrays)

    def trace(self, *args: Any, **static: Any) -> Any:
        """Returns the function as `jax.jit` traces it; the call that follows does not trace it again."""
        jitted, _, leaves = self._found(args)
        return jitted.trace(*leaves, **static)

    def _found(self, args: tuple[Any, ...]) -> tuple[Any, list[Any], tuple[list[Any], list[Any]]]:
        """Returns the function for such structures, where that of its result is written, and the arrays in them."""
        donated, donated_structure = jax.tree.flatten([args[number] for number in self._donated])
        kept, kept_structure = jax.tree.flatten([arg for n, arg in enumerate(args) if n not in self._donated])
        structures = donated_structure, kept_structure
        if structures not in self._for_structures:
            self._for_structures[structures] = _jitted(self._function, self._donated, structures, self._options)
        return *self._for_structures[structures], (donated, kept)


def _jitted(
    function: Callable[..., Any], donated: tuple[int, ...], structures: tuple[Any, Any], options: dict[str, Any]
) -> tuple[Any, list[Any]]:
    """Returns the function of two lists of arrays, and where the structure of its result is once it was traced."""
    result: list[Any] = []

    def of_lists(*leaves: list[Any], **static: Any) -> list[Any]:
        donated_args, kept_args = map(jax.tree.unflatten, structures, leaves)
        args = list(kept_args)
        for number, arg in sorted(zip(donated, donated_args, strict=True), key=lambda pair: pair[0]):
            args.insert(number, arg)
        arrays, structure = jax.tree.flatten(function(*args, **static))
        if result and result[0] != structure:
            raise ValueError(
                errors.explain(
                    f"A step must give the same names for batches of every size, got {result[0]}, then {structure}."
                )
            )
        result[:] = [structure]
        return arrays

    of_lists.__name__ = getattr(function, "__name__", "function")
    return jax.jit(of_lists, donate_argnums=(0,) if donated else (), **options), result
