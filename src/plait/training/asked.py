"""What a step of the user's own may ask of its model: gradients, the loss, the metrics, and what it does by default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from plait.core import errors, nest
from plait.graph import adapter, ports
from plait.metrics import Mean, Metric
from plait.training import counting


def value_and_grad(model: Any, function: Callable[[], Any], weights: Any, has_aux: bool) -> tuple[Any, list[Any]]:
    """Returns what a function gives, and the gradients of it by these weights; see `Model.value_and_grad`."""
    weights = list(model.trainable_weights if weights is None else weights)
    if not weights:
        raise ValueError(
            errors.explain(
                f"There are no weights of {model} to take gradients by.",
                "Layers have theirs once they are built: call them on an Input, or give them an input_shape.",
            )
        )
    loss, aux, gradients = adapter.value_and_grad(function if has_aux else lambda: (function(), None), weights)
    return ((loss, aux) if has_aux else loss), gradients


def train_step(model: Any, data: Any) -> dict[str, Any]:
    """Makes a step as `fit` does by itself; see `Model.train_step`."""
    x, y, sample_weight = unpacked(data)

    def minimised() -> tuple[Any, Any]:
        y_pred = model(x, training=True)
        return _computed_loss(model, x, y, y_pred, sample_weight, training=True), y_pred

    (loss, y_pred), gradients = value_and_grad(model, minimised, None, has_aux=True)
    model.optimizer.apply(gradients, model.trainable_weights)
    return _counted(model, loss, x, y, y_pred, sample_weight)


def test_step(model: Any, data: Any) -> dict[str, Any]:
    """Measures a batch as `evaluate` does by itself; see `Model.test_step`."""
    x, y, sample_weight = unpacked(data)
    y_pred = model(x, training=False)
    loss = _computed_loss(model, x, y, y_pred, sample_weight, training=False)
    return _counted(model, loss, x, y, y_pred, sample_weight)


def mean_loss(model: Any) -> Metric:
    """Returns the mean that the steps of a model count its loss in, unless they are overridden."""
    return vars(model).setdefault("_mean_loss", Mean("loss"))


def has_state(cls: type[Any]) -> bool:
    """Whether a model's own steps are written as `train_step(self, state, data)`, as Keras has them on JAX."""
    return any(takes_state(getattr(cls, name)) for name in ("train_step", "test_step"))


def takes_state(step: Callable[..., Any]) -> bool:
    """Whether a step is written as `step(self, state, data)`."""
    return len(adapter.parameters(step)) == 3


def predict_step(model: Any, data: Any) -> Any:
    """Computes the outputs of a batch as `predict` does by itself; see `Model.predict_step`."""
    x, _, _ = unpacked(data)
    return model(x, training=False)


def _computed_loss(model: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
    # An older one does not ask for `training`.
    asks = "training" in adapter.parameters(type(model).compute_loss)
    return model.compute_loss(x, y, y_pred, sample_weight, **({"training": training} if asks else {}))


def _counted(model: Any, loss: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> dict[str, Any]:
    examples = jnp.asarray(nest.flatten(x)[0].shape[0], jnp.float32)
    model._mean_loss.update_state(loss, sample_weight=examples)
    return model.compute_metrics(x, y, y_pred, sample_weight)


def packed(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Returns x, y and sample_weight as a step is given them: without what is None; x alone unless it is several.

    Errors: ValueError for weights without targets.
    """
    if y is None and sample_weight is not None:
        raise ValueError(errors.explain("A sample_weight needs the y whose losses it weighs, got none."))
    if y is None:
        return (x,) if isinstance(x, list | tuple) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpacked(data: Any) -> tuple[Any, Any, Any]:
    """Returns x, y and sample_weight of what a step is given, None for what is not there.

    Errors: ValueError for a tuple of more than three.
    """
    if not isinstance(data, tuple):
        return data, None, None
    if len(data) > 3:
        raise ValueError(errors.explain(f"Data are x, (x, y) or (x, y, sample_weight), got a tuple of {len(data)}."))
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def loss_of(model: Any, y: Any, y_pred: Any, sample_weight: Any) -> Any:
    """Returns the loss that compile was given, with what regularizers and layers add; see `Model.compute_loss`."""
    total: Any = jnp.zeros((), jnp.float32)
    if model.compiled.arguments["loss"] is not None:
        objective = model.compiled.objective_of(model)
        outputs, targets, weights = _by_output(model, y, y_pred, sample_weight)
        masks = nest.flatten(adapter.mask_in_force(y_pred))
        masks = masks if len(masks) == len(outputs) else masks * len(outputs)
        total, _ = objective.loss(outputs, targets, weights, masks, None)
    return total + sum(jnp.asarray(loss, jnp.float32) for loss in model.losses)


def measured_of(model: Any, y: Any, y_pred: Any, sample_weight: Any) -> dict[str, Any]:
    """Counts a batch in the metrics that compile was given, and returns what all metrics of the model amount to."""
    measured = _measured(model)
    if measured:
        outputs, targets, weights = _by_output(model, y, y_pred, sample_weight)
        objective = model.compiled.objective_of(model)
        for output, predicted, target, weight in zip(objective.outputs, outputs, targets, weights, strict=True):
            for one in output.measured:
                one.metric.update_state(target, predicted, sample_weight=weight if one.is_weighted else None)
    named = {one.log_name: one.metric for one in measured}
    # A metric of the user's own may be called "loss", too.
    others = {metric.name: metric for metric in metrics_of(model) if metric not in (*named.values(), model._mean_loss)}
    return {name: metric.result() for name, metric in {"loss": model._mean_loss, **named, **others}.items()}


def _by_output(model: Any, y: Any, y_pred: Any, sample_weight: Any) -> tuple[list[Any], list[Any], list[Any]]:
    outputs = nest.flatten(y_pred)
    targets: list[Any] = [None] * len(outputs)
    if y is not None:
        targets = ports.arrange(y, model.output_structure, model.output_ports, "targets")
    if isinstance(sample_weight, dict):
        return outputs, targets, [sample_weight.get(name) for name in model.output_names]
    is_list = isinstance(sample_weight, list | tuple)
    return outputs, targets, list(sample_weight) if is_list else [sample_weight] * len(outputs)


def _measured(model: Any) -> list[Any]:
    """Returns the metrics that compile was given, with their names in the logs."""
    if model.compiled is None or not model.knows_its_ports:
        return []
    objective = model.compiled.objective_of(model)
    objective.settle_once()
    return [one for output in objective.outputs for one in output.measured]


def metrics_of(model: Any) -> list[Metric]:
    """Returns every metric that a step may count in: those that the model and its layers keep, those of compile."""
    kept = [*counting.kept_by(model), *counting.of_layers(model)]
    return list(dict.fromkeys([*kept, *model.metrics, *(one.metric for one in _measured(model))]))
