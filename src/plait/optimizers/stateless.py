"""An optimizer as Keras has it on JAX: a pure function from lists of arrays to lists of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors
from plait.core.weight import Weight


def flattened(slots: Any, learning_rate: Any) -> list[Any]:
    """Returns slots as Keras lists them: the number of steps, the learning rate, then the rest."""
    steps, *rest = jax.tree.leaves(slots)
    return [steps, learning_rate, *rest]


def unflattened(optimizer: Any, params: Mapping[str, Any], variables: Sequence[Any]) -> tuple[Any, Any]:
    """Returns the slots for these weights and the learning rate, from what `flattened` gave.

    Errors: ValueError for another number of arrays.
    """
    structure: Any = jax.tree.structure(jax.eval_shape(optimizer.init, dict(params)))
    if len(variables) != structure.num_leaves + 1:
        raise ValueError(
            errors.explain(
                f"{type(optimizer).__name__} needs {errors.counted(structure.num_leaves + 1, 'optimizer variable')}, "
                f"got {len(variables)}.",
                "Give those of optimizer.variables.",
            )
        )
    steps, learning_rate, *rest = variables
    return jax.tree.unflatten(structure, [steps, *rest]), learning_rate


def applied(
    optimizer: Any,
    weights: Mapping[str, Weight],
    variables: Sequence[Any],
    grads: Sequence[Any],
    values: Sequence[Any],
) -> tuple[list[Any], list[Any]]:
    """Returns the values of the weights and the variables of the optimizer after one step.

    Errors: ValueError for another number of gradients, values or variables.
    """
    _check_counts(optimizer, weights, grads, values)
    params = dict(zip(weights, map(jnp.asarray, values), strict=True))
    slots, learning_rate = unflattened(optimizer, params, variables)
    values, slots = stepped(optimizer, weights, slots, learning_rate, grads, values)
    return values, flattened(slots, learning_rate)


def stepped(
    optimizer: Any,
    weights: Mapping[str, Weight],
    slots: Any,
    learning_rate: Any,
    grads: Sequence[Any],
    values: Sequence[Any],
) -> tuple[list[Any], Any]:
    """Returns the values of the weights and the slots of the optimizer after one step.

    Args:   weights: in the order of the lists; for their constraints.
            learning_rate: for this step, unless the optimizer has a schedule.
    Errors: ValueError for another number of gradients or values.
    """
    _check_counts(optimizer, weights, grads, values)
    if optimizer.has_schedule:
        learning_rate = optimizer.current_learning_rate(optimizer.step_of(slots))

    def constrained(new: Mapping[str, Any]) -> dict[str, Any]:
        constraints = {path: weights[path].constraint for path in new}
        return {path: rule(new[path]) if (rule := constraints[path]) else new[path] for path in new}

    params = dict(zip(weights, map(jnp.asarray, values), strict=True))
    new, slots = optimizer.update(dict(zip(weights, grads, strict=True)), slots, params, learning_rate, constrained)
    return [new[path] for path in weights], slots


def _check_counts(optimizer: Any, weights: Mapping[str, Weight], grads: Sequence[Any], values: Sequence[Any]) -> None:
    for what, given in (("gradient", grads), ("value", values)):
        if len(given) != len(weights):
            raise ValueError(
                errors.explain(
                    f"{type(optimizer).__name__} was built for {errors.counted(len(weights), 'weight')}, got "
                    f"{errors.counted(len(given), what)}."
                )
            )
