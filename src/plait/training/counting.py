"""The metrics that layers count in while a step computes: where they are found, and what the logs call them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plait.core import names, nest
from plait.graph import walks
from plait.metrics import Metric
from plait.metrics.adapter import PureMetric


def kept_by(layer: Any) -> list[Metric]:
    """Returns the metrics that a layer keeps in attributes, in lists and dicts there too."""
    return [one for value in list(vars(layer).values()) for one in nest.flatten(value) if isinstance(one, Metric)]


def of_layers(model: Any) -> list[Metric]:
    """Returns the metrics of the layers in a model, and its own if it computes by a `call`; not those of models in it.

    What models keep is for steps of their own, which are not made where they are layers.
    """
    layers = [layer for layer in walks.layers_in(model) if not hasattr(layer, "own_steps")]
    return list(dict.fromkeys(one for layer in [*layers, *_itself(model)] for one in kept_by(layer)))


def named(model: Any, taken: Sequence[str]) -> dict[str, Metric]:
    """Returns these metrics by their names in the logs, which differ from those taken."""
    found = of_layers(model)
    unique = names.deduplicated([*taken, *(metric.name for metric in found)])
    return dict(zip(unique[len(taken) :], found, strict=True))


def results(counting: Mapping[str, Metric], logs: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what the states in the logs amount to."""
    return {name: PureMetric(metric).value(logs[name]) for name, metric in counting.items()}


def _itself(model: Any) -> list[Any]:
    return [model] if model.has_keras_call else []
