"""Steps of the user's own as Keras has them on JAX: all state is passed in and returned, as lists of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plait.core import errors


def train_step(model: Any, step: Any) -> Callable[[Any], Any]:
    """Returns a function of the data alone that gives a `train_step` its state, and keeps what it returns of it."""

    def run(data: Any) -> Any:
        trained, held = model.trainable_weights, model.non_trainable_weights
        named = step.named(trained)
        model.optimizer.build_for(named)
        variables = step.variables(model.optimizer, named)
        returned = model.train_step((_values(trained), _values(held), variables, _counts(model)), data)
        logs, (new_trained, new_held, variables, counts) = _taken(model, "train_step", returned, 4)
        step.keep(model.optimizer, named, variables)
        _assign(model, "train_step", trained, new_trained)
        _assign(model, "train_step", held, new_held)
        _count(model, "train_step", counts)
        return logs

    return run


def test_step(model: Any) -> Callable[[Any], Any]:
    """Returns a function of the data alone that gives a `test_step` its state, and keeps the metrics."""

    def run(data: Any) -> Any:
        weights = model.trainable_weights, model.non_trainable_weights
        returned = model.test_step((*map(_values, weights), _counts(model)), data)
        logs, (_, _, counts) = _taken(model, "test_step", returned, 3)
        _count(model, "test_step", counts)
        return logs

    return run


def predict_step(model: Any) -> Callable[[Any], Any]:
    """Returns a function of the data alone that gives a `predict_step` its state, and drops what it returns of it."""

    def run(data: Any) -> Any:
        weights = model.trainable_weights, model.non_trainable_weights
        returned = model.predict_step(tuple(map(_values, weights)), data)
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise TypeError(
                errors.explain(
                    f"predict_step of {model} must return outputs and the non_trainable_variables, "
                    f"got {errors.described(returned)}."
                )
            )
        return returned[0]

    return run


def _values(weights: Sequence[Any]) -> list[Any]:
    return [weight.value for weight in weights]


def _counts(model: Any) -> list[Any]:
    return [variable for metric in model.metrics for variable in metric.variables]


def _taken(model: Any, name: str, returned: Any, parts: int) -> tuple[Any, Any]:
    is_pair = isinstance(returned, tuple) and len(returned) == 2
    if not is_pair or not isinstance(returned[1], tuple | list) or len(returned[1]) != parts:
        raise TypeError(
            errors.explain(
                f"{name} of {model} must return its logs and a state of {parts} lists, as it was given, "
                f"got {errors.described(returned[1] if is_pair else returned)}.",
            )
        )
    return returned


def _assign(model: Any, name: str, weights: Sequence[Any], values: Sequence[Any]) -> None:
    _check_count(model, name, "weight", len(weights), len(values))
    for weight, value in zip(weights, values, strict=True):
        weight.assign(value)


def _count(model: Any, name: str, counts: Sequence[Any]) -> None:
    rest = list(counts)
    _check_count(model, name, "metric variable", len(_counts(model)), len(rest))
    for metric in model.metrics:
        own = len(metric.variables)
        metric.take(rest[:own])
        rest = rest[own:]


def _check_count(model: Any, name: str, what: str, wanted: int, got: int) -> None:
    if wanted != got:
        raise ValueError(
            errors.explain(f"{name} of {model} must return {errors.counted(wanted, what)}, returned {got}.")
        )
