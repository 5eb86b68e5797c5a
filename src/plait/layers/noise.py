"""What training does to activations: noise added or multiplied, and a penalty on their size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from plait import regularizers
from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import noise
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import Shape


class Noisy(Layer):
    """Is what layers derive from that change their inputs at random, in training only, and keep their shape."""

    supports_masking = True
    # The field that says how much is changed: nothing if it is 0.
    amount: ClassVar[str] = "rate"
    seed: int | None

    def check(self) -> None:
        """Checks the amount."""
        checks.rates(self, self.amount)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Changes the inputs in training, and does nothing else."""
        if not ctx.training or getattr(self, self.amount) == 0:
            return inputs
        return self.changed(inputs, ctx.key_with(self.seed))

    def changed(self, inputs: Any, key: Any) -> Any:
        """Returns the inputs with the noise that this key draws."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return input_shape

    def check_below_one(self) -> None:
        """Makes sure the rate leaves something of the inputs.

        Errors: ValueError for a rate of 1.
        """
        if getattr(self, self.amount) == 1:
            raise ValueError(
                errors.explain(f"{self} needs a number below 1 for {self.amount}, got 1: nothing would be left.")
            )


def complete_noise_shape(layer: Any) -> None:
    """Makes the field `noise_shape` a tuple, or leaves it None.

    Errors: ValueError if it holds anything but positive integers and None.
    """
    given = layer.noise_shape
    if given is None:
        return
    is_shape = isinstance(given, list | tuple)
    if not is_shape or not all(size is None or (isinstance(size, int) and size > 0) for size in given):
        raise ValueError(
            errors.explain(f"{layer} needs a tuple of positive integers and None for noise_shape, got {given!r}.")
        )
    layer.noise_shape = tuple(given)


@registry.register
@dataclass(eq=False, repr=False)
class GaussianNoise(Noisy):
    """Adds normal noise of mean 0 in training.

    Shapes: any -> the same
    Args:   stddev: of the noise, in the unit of the inputs, from 0 to 1.
            seed: makes the draws differ from those with another seed.
    Errors: ValueError for another stddev.
    """

    stddev: float
    seed: int | None = None

    amount: ClassVar[str] = "stddev"

    def changed(self, inputs: Any, key: Any) -> Any:
        """Returns the inputs with the noise that this key draws."""
        return noise.gaussian_noise(inputs, self.stddev, key)


@registry.register
@dataclass(eq=False, repr=False)
class GaussianDropout(Noisy):
    """Multiplies by normal noise of mean 1 in training, with the variance that dropout has.

    Shapes: any -> the same
    Args:   rate: from 0 to below 1; the variance is `rate / (1 - rate)`.
            seed: makes the draws differ from those with another seed.
    Errors: ValueError for another rate.
    Source: N. Srivastava et al., Dropout, 2014, section 10.
    """

    rate: float
    seed: int | None = None

    def check(self) -> None:
        """Checks the rate."""
        super().check()
        self.check_below_one()

    def changed(self, inputs: Any, key: Any) -> Any:
        """Returns the inputs with the noise that this key draws."""
        return noise.gaussian_dropout(inputs, self.rate, key)


@registry.register
@dataclass(eq=False, repr=False)
class AlphaDropout(Noisy):
    """Sets a part of the inputs to the lowest value of selu in training, and keeps mean and variance.

    Shapes: any -> the same
    Args:   rate: the probability of the lowest value, from 0 to below 1.
            noise_shape: the shape that is drawn: 1 shares a draw along an axis, None is the axis' length.
            seed: makes the draws differ from those with another seed.
    Errors: ValueError for a wrong argument, or inputs that noise_shape does not fit.
    Source: G. Klambauer et al., Self-Normalizing Neural Networks, 2017.
    """

    rate: float
    noise_shape: Sequence[int | None] | None = None
    seed: int | None = None

    def check(self) -> None:
        """Checks the rate and the noise shape."""
        super().check()
        self.check_below_one()
        complete_noise_shape(self)

    def changed(self, inputs: Any, key: Any) -> Any:
        """Returns the inputs with the noise that this key draws."""
        return noise.alpha_dropout(inputs, self.rate, key, self.noise_shape)


@registry.register
@dataclass(eq=False, repr=False)
class ActivityRegularization(Layer):
    """Adds `l1 * sum(|x|) + l2 * sum(x**2)` of its inputs, divided by the batch size, to the loss.

    Shapes: any -> the same, unchanged
    Args:   l1, l2: how much each counts; finite, 0 or more.
    Errors: ValueError for anything else, or an activity_regularizer, which these stand for.
    """

    l1: float = 0.0
    l2: float = 0.0

    supports_masking = True

    def check(self) -> None:
        """Makes the regularizer of the two numbers."""
        for name in ("l1", "l2"):
            value = getattr(self, name)
            if not isinstance(value, int | float | np.number) or isinstance(value, bool) or not 0 <= value < np.inf:
                raise ValueError(
                    errors.explain(f"{self} needs a finite number of 0 or more for {name}, got {value!r}.")
                )
        if self.activity_regularizer is not None:
            raise ValueError(
                errors.explain(f"{self} takes l1 and l2 in place of an activity_regularizer.", "Leave that out.")
            )
        self.activity_regularizer = regularizers.L1L2(self.l1, self.l2)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Returns the inputs; whoever runs the layer adds the penalty."""
        return inputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make this layer again, as plain data."""
        config = super().get_config()
        del config["activity_regularizer"]
        return config
