"""What `compile` chose: for each output its loss and metrics, and the optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait import optimizers
from plait.core import errors

_HEADINGS = ("output", "loss", "weight", "metrics")
_NOTHING = "-"


def print_compiled(model: Any, print_fn: Callable[[str], Any] | None = None) -> None:
    """Prints a table of the outputs, with what names like "accuracy" were taken to mean, and the optimizer.

    Until the model has seen targets, they are taken to be of the kind that the losses ask for.

    Args:   print_fn: called once per line; `print` if not given.
    Errors: ValueError if the model is not compiled, or its outputs are not known yet.
    """
    if model.compiled is None or not model.knows_its_ports:
        raise ValueError(
            errors.explain(
                f"{model} is not compiled, or not built: what it is trained on is not known yet.",
                "Call compile(…), and start the model from an Input or call it on data.",
            )
        )
    objective = model.compiled.objective_of(model)
    objective.settle_once()
    rows = [_HEADINGS]
    for output in objective.outputs:
        loss = _NOTHING if output.loss is None else type(output.loss).__name__
        weight = _NOTHING if output.loss is None else f"{output.loss_weight:g}"
        measured = [f"{one.log_name}: {type(one.metric).__name__}" for one in output.measured]
        rows.append((output.port.name, loss, weight, ", ".join(measured) or _NOTHING))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        (print_fn or print)(line.rstrip())
    for part in model.optimizer.parts:
        (print_fn or print)(f"optimizer: {_described(part)}")


def _described(optimizer: Any) -> str:
    name, rate = type(optimizer).__name__, optimizer.learning_rate
    if isinstance(optimizer, optimizers.Optax):
        return name  # which has its own inside
    said = type(rate).__name__ if callable(rate) else f"{float(rate):g}"
    return f"{name}, learning rate {said}"
