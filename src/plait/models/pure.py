"""A model as JAX sees it: a dict of arrays by path, and a pure function of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, nest
from plait.core.context import Context
from plait.core.weight import Weight
from plait.graph import walks
from plait.graph.layer import Layer

Values = dict[str, jax.Array]


def pure(model: Any) -> tuple[Values, Callable[..., tuple[Any, Values]]]:
    """Returns the values of the weights, and what the model computes as a function of them; see `Model.pure`."""
    if not model.built:
        raise ValueError(
            errors.explain(
                f"{model} is not built: it has no weights yet.", "Start it from an Input, or call it on data first."
            )
        )
    handles = walks.weight_paths(model)
    frozen = walks.frozen_layers(model)
    recomputed = walks.recomputed_layers(model)
    trained = walks.trained_weights(model, frozen) if model.trainable else set()

    def apply(
        values: Mapping[str, Any], inputs: Any, training: bool = False, key: jax.Array | None = None
    ) -> tuple[Any, Values]:
        """Returns the outputs, and the values after this call: running state has moved on, the rest is as it was.

        Args:   training: known while this is traced, not an argument of a compiled function.
                key: what dropout and the like draw from; None where nothing is random.
        Errors: ValueError for values that are not those of the model, TypeError for a traced `training`.
        """
        _check_names(model, handles, values)
        if isinstance(training, jax.core.Tracer):
            raise TypeError(
                errors.explain(
                    f"{model} must know whether it is in training while it is traced, got a traced value.",
                    'Write jax.jit(apply, static_argnames="training").',
                )
            )
        # What training does not change has no gradient here either.
        given = {
            weight: values[path] if weight in trained else jax.lax.stop_gradient(values[path])
            for path, weight in handles.items()
        }
        inputs = nest.walk(jnp.asarray, inputs)
        if not model.has_keras_call:
            model._fitting(inputs)
        ctx = Context(bool(training), key, frozen=frozen, recomputed=recomputed)
        updated = model.run(given, inputs, ctx, {})
        changed = {path: updated.values[weight] for path, weight in handles.items() if weight in updated.values}
        return updated.outputs, {
            path: changed[path].astype(jnp.result_type(value)) if path in changed else value
            for path, value in values.items()
        }

    return {path: weight.value for path, weight in handles.items()}, apply


def assign(model: Layer, values: Mapping[str, Any]) -> None:
    """Gives the weights these values; see `Model.assign`."""
    handles = walks.weight_paths(model)
    _check_names(model, handles, values)
    _refuse(model, filter(None, (_problem(path, weight, values[path]) for path, weight in handles.items())))
    # All of them before the first is put in its place; copies, since a program may destroy what it is given.
    arrays = [jnp.array(values[path], dtype=weight.dtype, copy=True) for path, weight in handles.items()]
    for weight, array in zip(handles.values(), arrays, strict=True):
        weight.put(array)


def _check_names(model: Layer, handles: Mapping[str, Weight], values: Any) -> None:
    if not isinstance(values, Mapping):
        raise TypeError(
            errors.explain(
                f"{model} needs a dict of arrays by path, got {errors.described(values)}.",
                "model.pure() gives one; model.set_weights(…) takes a list.",
            )
        )
    if values.keys() == handles.keys():
        return
    missing = [path for path in handles if path not in values]
    unknown = [path for path in values if path not in handles]
    _refuse(
        model,
        [
            *(f'"{path}" is none of its weights.{errors.nearest(path, missing)}' for path in unknown),
            *(f'"{path}" is missing, of shape {handles[path].shape}.' for path in missing),
        ],
    )


def _problem(path: str, weight: Weight, value: Any) -> str | None:
    if isinstance(value, jax.core.Tracer):
        return f'"{path}" is only being traced: assign what the compiled function returns.'
    if np.shape(value) != weight.shape:
        return f'"{path}" needs shape {weight.shape}, got {np.shape(value)}.'
    return None


def _refuse(model: Layer, problems: Iterable[str]) -> None:
    """Errors: ValueError that lists the problems, if there are any."""
    listed = list(problems)
    if listed:
        raise ValueError(errors.explain(f"{model} cannot take these values: {listed[0]}", *listed[1:]))
