"""Which learning rate to start from: training for some steps while it rises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from plait.core import errors, nest, seeds
from plait.training import loop

# How much of the losses before counts in the smoothed loss of a step.
_SMOOTHING = 0.9
# A loss so many times the best one will not come down again.
_DIVERGED = 4.0
_FEWEST = 10


class LearningRates(NamedTuple):
    """What `find_lr` measured: a loss for each rate, up to where training diverged.

    rates:  learning rates, rising by one factor from step to step, (steps,).
    losses: the loss of the batch that was trained on with each, before that step, (steps,).
    """

    rates: np.ndarray
    losses: np.ndarray

    @property
    def smoothed(self) -> np.ndarray:
        """The losses, each averaged with those before it."""
        mean, result = 0.0, []
        for number, loss in enumerate(self.losses, 1):
            mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
            result.append(mean / (1 - _SMOOTHING**number))
        return np.array(result)

    @property
    def suggestion(self) -> float:
        """The rate at which the loss falls fastest per factor of the rate, before it is least.

        Source: L. Smith, Cyclical Learning Rates for Training Neural Networks, 2017, section 3.3.
        """
        smoothed = self.smoothed
        best = int(np.argmin(smoothed))
        # A mean of few losses says more about their batches than about the rate.
        first = min(_FEWEST, best // 2)
        slopes = np.gradient(smoothed, np.log(self.rates))[first : best + 1]
        return float(self.rates[first + int(np.argmin(slopes))])

    def plot(self) -> Any:
        """Returns a figure of matplotlib's: the losses, smoothed and not, by rate, and the suggestion."""
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            raise ImportError(errors.explain("A plot needs matplotlib.", "pip install matplotlib")) from error
        figure = Figure()
        axes = figure.add_subplot(xscale="log", xlabel="learning rate", ylabel="loss")
        axes.plot(self.rates, self.losses, alpha=0.3, label="of each batch")
        axes.plot(self.rates, self.smoothed, label="smoothed")
        axes.axvline(self.suggestion, linestyle=":", color="grey", label=f"{self.suggestion:.2g}")
        axes.legend()
        return figure


def find_lr(
    model: Any, x: Any, y: Any, sample_weight: Any, batch_size: int, start: float, stop: float, steps: int
) -> LearningRates:
    """Measures learning rates; arguments and errors as for `Model.find_lr`."""
    if not 0 < start < stop < float("inf"):
        raise ValueError(errors.explain(f"find_lr needs 0 < start < stop, got {start} and {stop}."))
    if steps < _FEWEST:
        raise ValueError(errors.explain(f"find_lr needs {_FEWEST} steps or more, got {steps}."))
    if model.compiled is None:
        raise ValueError(
            errors.explain(f"{model} has no loss yet.", "Call model.compile(optimizer=…, loss=…) before find_lr.")
        )
    optimizer, compiled = model.optimizer, model.compiled
    if callable(optimizer.learning_rate):
        raise ValueError(
            errors.explain(
                f"find_lr needs an optimizer whose learning rate is a number, got {optimizer.learning_rate!r}.",
                "Compile the model with a number to find out where its schedule is to start.",
            )
        )
    rates = np.geomspace(start, stop, steps)
    rate_before, in_use = optimizer.learning_rate, optimizer.slots_in_use
    losses: list[float] = []
    before: dict[Any, np.ndarray] = {}
    try:
        # With slots of its own, and so those there are stay as they are.
        model.compiled = compiled.anew(model, optimizer)
        for rate, batch in zip(rates, _batches((x, y, sample_weight), batch_size), strict=False):
            before = before or {weight: weight.numpy() for weight in model.weights}
            optimizer.learning_rate = float(rate)
            inputs, targets, weights = batch
            logs = loop.train_on_batch(model, inputs, targets, weights, None, True)
            losses.append(logs["loss"])
            if not np.isfinite(losses[-1]) or losses[-1] > _DIVERGED * min(losses):
                break
    finally:
        model.compiled, optimizer.learning_rate, optimizer.slots_in_use = compiled, rate_before, in_use
        for weight, value in before.items():
            weight.assign(value)
    if len(losses) < _FEWEST:
        raise ValueError(
            errors.explain(
                f"Training diverged after {errors.counted(len(losses), 'step')}, at a learning rate of {rate:.2g}.",
                "Start lower: find_lr(…, start=…).",
            )
        )
    kept = np.isfinite(losses)
    return LearningRates(rates[: len(losses)][kept], np.array(losses)[kept])


def _batches(data: Any, batch: int) -> Iterator[Any]:
    """Yields batches of one size without end, in an order that depends on the seed."""
    arrays = [np.asarray(leaf) for leaf in nest.flatten(data) if leaf is not None]
    examples = min(len(array) for array in arrays)
    generator, left = seeds.generator("find_lr"), np.zeros(0, int)
    while True:
        while len(left) < batch:
            left = np.concatenate([left, generator.permutation(examples)])
        rows, left = left[:batch], left[batch:]
        yield nest.walk(lambda leaf: None if leaf is None else np.asarray(leaf)[rows], data)  # noqa: B023 - used at once
