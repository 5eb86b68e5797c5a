"""What a step minimises and measures: a loss and metrics per output, and how they are averaged.

Everything asked of a model per output (losses, weights, metrics) is resolved against one table of output names, when
the model is compiled.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import numpy as np

from plait import losses, metrics
from plait.core import errors, nest
from plait.graph.ports import Port

# The names that mean another function for another kind of target.
_BY_SHAPE = {
    "accuracy": metrics.accuracy_for,
    "acc": metrics.accuracy_for,
    "crossentropy": metrics.crossentropy_for,
    "ce": metrics.crossentropy_for,
}
_CROSSENTROPY = ("crossentropy", "ce")
# The log names, where they are asked for, of what regularizers of weights and what layers add to the loss.
PENALTIES = ("regularization_loss", "added_loss")


@dataclass
class Measured:
    """A metric of one output: the name in the logs, what the user gave, and the Metric once targets are known."""

    log_name: str
    given: Any
    is_weighted: bool
    metric: Any = None


@dataclass
class OutputObjective:
    """What is asked of one output."""

    port: Port
    loss: losses.Loss | None
    loss_weight: float
    measured: list[Measured] = field(default_factory=list)
    # By shape, whether the loss broadcasts such targets: found by tracing it once.
    broadcasts: dict[Any, bool] = field(default_factory=dict)

    @property
    def needs_target(self) -> bool:
        """Whether anything of this output is compared with a target."""
        return self.loss is not None or bool(self.measured)


class Objective:
    """The sum of the weighted losses of all outputs, and the metrics beside it.

    Args:   ports: the outputs of the model.
            loss, loss_weights, metrics, weighted_metrics, log_penalties: as given to `compile`.
    Errors: ValueError for a name that is no output, and a list of another length than the outputs.
    """

    def __init__(
        self,
        ports: list[Port],
        loss: Any,
        loss_weights: Any,
        metrics_given: Any,
        weighted_metrics: Any,
        log_penalties: bool = False,
    ) -> None:
        self.penalty_names = list(PENALTIES) if log_penalties else []
        names = [port.name for port in ports]
        given = _per_output(loss, names, "loss", complete=True)
        found = [_loss_of(one, port) for one, port in zip(given, ports, strict=True)]
        factors = [factor for factor in nest.flatten(loss_weights) if factor is not None]
        wrong = [factor for factor in factors if isinstance(factor, str) or not hasattr(factor, "__float__")]
        if wrong:
            words = [factor for factor in wrong if isinstance(factor, str)]
            raise ValueError(
                errors.explain(
                    f"loss_weights needs numbers, got {wrong[0]!r}.",
                    f"Metrics are given by name: compile(…, metrics={words})." if words else None,
                )
            )
        factors = _per_output(loss_weights, names, "loss_weights")
        if isinstance(loss_weights, int | float) and len(names) > 1:
            raise ValueError(
                errors.explain(
                    f"loss_weights needs a factor for each of the outputs {', '.join(names)}, got {loss_weights}."
                )
            )
        self.outputs = [
            OutputObjective(port, one, 1.0 if factor is None else float(factor))
            for port, one, factor in zip(ports, found, factors, strict=True)
        ]
        for given, is_weighted in ((metrics_given, False), (weighted_metrics, True)):
            name = "weighted_metrics" if is_weighted else "metrics"
            for output, some in zip(self.outputs, _metrics_per_output(given, names, name), strict=True):
                output.measured += [Measured(_name_of(one), one, is_weighted) for one in some]
        for output in self.outputs:
            if output.loss is not None and output.loss.reduction in (None, "none"):
                raise ValueError(
                    errors.explain(
                        f'The loss of the output "{output.port.name}" has no reduction, and training needs one number.',
                        'Give it reduction="sum_over_batch_size".',
                    )
                )
        self._name_logs(len(names) > 1)

    def _name_logs(self, several: bool) -> None:
        taken = {"loss", *(f"{output.port.name}_loss" for output in self.outputs), *self.penalty_names}
        for output in self.outputs:
            for one in output.measured:
                name = f"{output.port.name}_{one.log_name}" if several else one.log_name
                if name in taken and one.is_weighted:
                    name = f"{output.port.name}_weighted_{one.log_name}" if several else f"weighted_{one.log_name}"
                stem, number = name, 0
                while name in taken:
                    number += 1
                    name = f"{stem}_{number}"
                taken.add(name)
                one.log_name = name

    @property
    def loss_names(self) -> list[str]:
        """The log names of the losses of single outputs; none where there is but one loss, which is `loss` itself."""
        named = [f"{output.port.name}_loss" for output in self.outputs if output.loss is not None]
        return named if len(named) > 1 else []

    @property
    def names(self) -> list[str]:
        """The log names in their order: the loss, the losses of the outputs, what is added to them, the metrics."""
        return [*self._mean_names, *(one.log_name for output in self.outputs for one in output.measured)]

    @property
    def _mean_names(self) -> list[str]:
        return ["loss", *self.loss_names, *self.penalty_names]

    @property
    def is_by_example(self) -> bool:
        """Whether rows that count for nothing can be told from the others.

        They cannot inside a function of the user's, and where rows are compared with each other.
        """
        asked: list[Any] = [output.loss for output in self.outputs if output.loss is not None]
        asked += [one.metric for output in self.outputs for one in output.measured]
        users = (losses.FunctionLoss, metrics.FunctionMetric, metrics.adapter.PureMetric)
        ours = [type(one).__module__.startswith("plait.") and not isinstance(one, users) for one in asked]
        return all(ours) and not any(one.mixes_batch for one in asked)

    def settle(self, target_shapes: Sequence[tuple[int, ...] | None]) -> None:
        """Decides what names like "accuracy" mean for targets of these shapes per example, and makes the metrics."""
        for output, shape in zip(self.outputs, target_shapes, strict=True):
            for one in output.measured:
                by_shape = _BY_SHAPE.get(one.given) if isinstance(one.given, str) else None
                target = output.port.shape if shape is None else (None, *shape)
                one.metric = by_shape(target, output.port.shape, output.loss) if by_shape else metrics.get(one.given)
                one.metric.build(target, output.port.shape)

    def settle_once(self, target_shapes: Sequence[tuple[int, ...]] | None = None) -> None:
        """Makes the metrics unless they are there, for targets of these shapes, or of those that the losses ask for."""
        if any(one.metric is None for output in self.outputs for one in output.measured):
            self.settle([_likely_target(output) for output in self.outputs] if target_shapes is None else target_shapes)

    # ------------------------------------------------------------------------------------------ pure

    def loss(
        self, outputs: list[Any], targets: list[Any], weights: list[Any], masks: list[Any], rows: Any
    ) -> tuple[Any, list[Any]]:
        """Returns the weighted sum of the losses, and each output's own.

        Shapes: lists in the order of the outputs; targets without use are None, weights (batch,) or (batch, time) or
                None; rows: (batch,) True for real examples, or None if all are.
        """
        total: Any = jnp.zeros((), jnp.float32)
        each = []
        for output, predicted, target, weight, mask in zip(self.outputs, outputs, targets, weights, masks, strict=True):
            if output.loss is None:
                continue
            with _blamed("loss", output.loss.name, output.port):
                value = output.loss(target, predicted, weight, mask, rows).astype(jnp.float32)
            each.append(value)
            total = total + value * output.loss_weight
        return total, each

    def start_logs(self) -> dict[str, Any]:
        """Returns the logs of no step yet."""
        logs: dict[str, Any] = {name: _start_mean() for name in self._mean_names}
        logs |= {one.log_name: one.metric.init() for output in self.outputs for one in output.measured}
        return logs

    def update_logs(
        self,
        logs: dict[str, Any],
        total: Any,
        each: list[Any],
        penalties: Sequence[Any],
        outputs: list[Any],
        targets: list[Any],
        weights: list[Any],
        masks: list[Any],
        rows: Any,
    ) -> dict[str, Any]:
        """Returns the logs with one more batch counted, by its true size.

        Args: penalties: what is added to the losses, in the order of `PENALTIES`.
        """
        batch = outputs[0].shape[0]
        count = jnp.asarray(batch, jnp.float32) if rows is None else rows.sum(dtype=jnp.float32)
        logs = dict(logs)
        values = [total, *(each if self.loss_names else ()), *(penalties if self.penalty_names else ())]
        for name, value in zip(self._mean_names, values, strict=True):
            logs[name] = {"total": logs[name]["total"] + value * count, "count": logs[name]["count"] + count}
        for output, predicted, target, weight, mask in zip(self.outputs, outputs, targets, weights, masks, strict=True):
            for one in output.measured:
                counted = _combined(weight if one.is_weighted else None, mask, rows)
                with _blamed("metric", one.metric.name, output.port):
                    logs[one.log_name] = one.metric.update(logs[one.log_name], target, predicted, counted)
        return logs

    def results(self, logs: dict[str, Any]) -> dict[str, Any]:
        """Returns the number that each of the logs stands for."""
        numbers = {name: logs[name]["total"] / jnp.maximum(logs[name]["count"], 1.0) for name in self._mean_names}
        for output in self.outputs:
            numbers |= {one.log_name: one.metric.result(logs[one.log_name]) for one in output.measured}
        return numbers


def _likely_target(output: OutputObjective) -> Any:
    """Returns the shape per example of the targets that a loss asks for; None for that of the output."""
    takes_ids = output.loss is not None and output.loss.target_kind == "class_ids"
    return output.port.shape[1:-1] if takes_ids else None


def look_up(loss: Any, *measured: Any) -> None:
    """Makes sure, before the outputs are known, that names of losses and metrics name some.

    Errors: ValueError for an unknown name, with the nearest.
    """
    for name in _as_list(loss):
        if isinstance(name, str) and name not in _CROSSENTROPY:
            losses.get(name)
    for given in measured:
        for name in _as_list(given):
            if isinstance(name, str):
                _name_of(name)


@contextlib.contextmanager
def _blamed(kind: str, name: str, port: Port) -> Iterator[None]:
    """Lets an exception pass unchanged, with a note that says what it came from."""
    try:
        yield
    except Exception as error:
        error.add_note(f'  In {kind} "{name}" of the output "{port.name}".')
        raise


def _loss_of(given: Any, port: Port) -> losses.Loss | None:
    if isinstance(given, str) and given in _CROSSENTROPY:
        # The targets are not known yet: one output asks yes or no, several are taken to have class ids.
        return losses.crossentropy_for(port.shape[:-1], port.shape)()
    return losses.get(given)


def _start_mean() -> dict[str, Any]:
    return {"total": np.zeros((), np.float32), "count": np.zeros((), np.float32)}


def _combined(weight: Any, mask: Any, rows: Any) -> Any:
    """Returns the product of those that are there; axes after the batch are added where others have more."""
    factors = [jnp.asarray(factor, jnp.float32) for factor in (rows, mask, weight) if factor is not None]
    if not factors:
        return None
    ndim = max(factor.ndim for factor in factors)
    product: Any = 1.0
    for factor in factors:
        product = product * factor.reshape(factor.shape + (1,) * (ndim - factor.ndim))
    return product


def _name_of(given: Any) -> str:
    if isinstance(given, str) and given in _BY_SHAPE:
        return given
    found = metrics.get(given)
    assert found is not None
    return found.name


def _per_output(given: Any, names: list[str], what: str, complete: bool = False) -> list[Any]:
    """Returns what is given for each output.

    Args: complete: whether a dict must name every output.
    """
    if isinstance(given, dict) and "class_name" not in given:
        _check_names(given, names, what, complete)
        return [given.get(name) for name in names]
    if isinstance(given, list | tuple):
        if len(given) != len(names):
            raise ValueError(
                errors.explain(
                    f"{what} is a list of {len(given)} for a model with {errors.counted(len(names), 'output')}: "
                    f"{', '.join(names)}.",
                    "Give one per output, None for an output to skip; or a dict by output name.",
                )
            )
        return list(given)
    return [given] * len(names)


def _metrics_per_output(given: Any, names: list[str], what: str) -> list[list[Any]]:
    """Returns a list of metrics for each output; a flat list is meant for the only output, or holds one per output."""
    if given is None:
        return [[] for _ in names]
    if isinstance(given, dict) and "class_name" not in given:
        _check_names(given, names, what, complete=False)
        return [_as_list(given.get(name)) for name in names]
    if not isinstance(given, list | tuple):
        return [[given] for _ in names]
    if len(names) == 1:
        return [_as_list(given[0]) if len(given) == 1 else list(given)]
    if not given:
        return [[] for _ in names]
    if len(given) != len(names):
        raise ValueError(
            errors.explain(
                f"{what} is a list of {len(given)} for a model with {len(names)} outputs: {', '.join(names)}.",
                f'Give a list per output, e.g. [["mae"], …]; or a dict: {{"{names[0]}": ["mae"]}}.',
            )
        )
    return [_as_list(one) for one in given]


def _as_list(one: Any) -> list[Any]:
    if one is None:
        return []
    return list(one) if isinstance(one, list | tuple) else [one]


def _check_names(given: dict[str, Any], names: list[str], what: str, complete: bool) -> None:
    for name in given:
        if name not in names:
            raise ValueError(
                errors.explain(
                    f'{what} names "{name}", which is not an output of the model.{errors.nearest(name, names)}',
                    f"Its outputs: {', '.join(names)}.",
                )
            )
    missing = [name for name in names if name not in given]
    if complete and missing:
        raise ValueError(
            errors.explain(
                f'{what} says nothing of the output "{missing[0]}".',
                f'Write "{missing[0]}": None to leave it untrained. The outputs: {", ".join(names)}.',
            )
        )
