"""Dropout: of single elements, or of whole feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from plait.core import registry
from plait.core.fields import dataclass
from plait.functional import dropout, windows
from plait.graph.shapes import InputSpec
from plait.layers.noise import Noisy, complete_noise_shape
from plait.layers.spatial import complete_data_format


@registry.register
@dataclass(eq=False, repr=False)
class Dropout(Noisy):
    """Sets a part of the inputs to zero in training, and divides the others by `1 - rate`.

    What is dropped depends on the seed, the step, and the place of the call in the model, and on nothing else.

    Shapes: any -> the same
    Args:   rate: the probability of zero, from 0 to 1.
            noise_shape: the shape that is drawn: 1 shares a draw along an axis, None is the axis' length.
            seed: makes the draws differ from those with another seed.
    Errors: ValueError for a wrong argument, or inputs that noise_shape does not fit.
    Source: N. Srivastava et al., Dropout, 2014.
    """

    rate: float
    noise_shape: Sequence[int | None] | None = None
    seed: int | None = None

    def check(self) -> None:
        """Checks the rate and the noise shape."""
        super().check()
        complete_noise_shape(self)

    def changed(self, inputs: Any, key: Any) -> Any:
        """Returns the inputs with what this key draws dropped."""
        return dropout.dropout(inputs, self.rate, key, self.noise_shape)


class _SpatialDropout(Noisy):
    """Drops whole feature maps; a subclass says along how many spatial axes a map lies."""

    axes: ClassVar[int]
    rate: float
    data_format: str | None

    def check(self) -> None:
        """Checks the rate, and demands inputs with as many axes."""
        super().check()
        complete_data_format(self)
        self.input_spec = InputSpec(ndim=self.axes + 2)

    def changed(self, inputs: Any, key: Any) -> Any:
        """Returns the inputs with the maps that this key draws dropped."""
        of_map = windows.spatial_axes(inputs.ndim, str(self.data_format))
        noise_shape = [1 if axis in of_map else None for axis in range(inputs.ndim)]
        return dropout.dropout(inputs, self.rate, key, noise_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make this layer again, as plain data."""
        config = super().get_config()
        # There is nothing to train, and Keras's class takes no such argument.
        del config["trainable"]
        return config


@registry.register
@dataclass(eq=False, repr=False)
class SpatialDropout1D(_SpatialDropout):
    """Drops whole features of a sequence in training: at all steps, or at none.

    Shapes: (batch, steps, features) -> the same
    Args:   rate: the probability that a feature is dropped, from 0 to 1.
            seed: makes the draws differ from those with another seed.
    Errors: ValueError for another rate, or inputs without three axes.
    Source: J. Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.
    """

    rate: float
    seed: int | None = None

    axes: ClassVar[int] = 1
    # No argument of this layer: a sequence has its features last.
    data_format = "channels_last"


@registry.register
@dataclass(eq=False, repr=False)
class SpatialDropout2D(_SpatialDropout):
    """Drops whole feature maps of images in training: everywhere, or nowhere.

    Shapes: (batch, height, width, channels) -> the same; channels second with "channels_first"
    Args:   rate: the probability that a map is dropped, from 0 to 1.
            data_format: "channels_last" or "channels_first".
            seed: makes the draws differ from those with another seed.
    Errors: ValueError for a wrong argument, or inputs without four axes.
    Source: J. Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.
    """

    rate: float
    data_format: str | None = None
    seed: int | None = None

    axes: ClassVar[int] = 2


@registry.register
@dataclass(eq=False, repr=False)
class SpatialDropout3D(_SpatialDropout):
    """Drops whole feature maps of volumes in training: everywhere, or nowhere.

    Shapes: (batch, depth, height, width, channels) -> the same; channels second with "channels_first"
    Args:   rate: the probability that a map is dropped, from 0 to 1.
            data_format: "channels_last" or "channels_first".
            seed: makes the draws differ from those with another seed.
    Errors: ValueError for a wrong argument, or inputs without five axes.
    Source: J. Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.
    """

    rate: float
    data_format: str | None = None
    seed: int | None = None

    axes: ClassVar[int] = 3
