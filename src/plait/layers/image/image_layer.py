"""What layers share whose inputs are images: their axes and dtypes, ranges to draw from, one draw per image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, InitVar
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import images
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape
from plait.layers.spatial import complete_data_format

Span = tuple[float, float]


class Augmenting(Layer):
    """Runs as in training when it is called alone on arrays, and not told otherwise; so do those of Keras."""

    def _compute(self, inputs: Any, arguments: dict[str, Any]) -> Any:
        return super()._compute(inputs, {"training": True, **arguments})


@dataclass(eq=False, repr=False)
class _ImagesOnly(Augmenting):
    """Takes images, and nothing that describes them."""

    _: KW_ONLY
    bounding_box_format: InitVar[Any] = None

    def __post_init__(self, *common: Any) -> None:
        *common, bounding_box_format = common  # type: ignore[assignment]
        super().__post_init__(*common)
        checks.absent(self, bounding_box_format=bounding_box_format)


class ImageLayer(_ImagesOnly):
    """Makes images of images; a subclass has the field `data_format`, and computes `transformed`.

    Shapes: (batch, height, width, channels), or without batch -> images; channels first if data_format says so.
    Errors: ValueError if inputs are no such array; Keras's dicts with labels or boxes beside the images are not taken.
    """

    data_format: str | None
    # How many channels there may be; None for any number.
    channels: ClassVar[int | None] = None

    def check(self) -> None:
        """Checks the data format."""
        complete_data_format(self)
        axes = {} if self.channels is None else {self.channel_axis: self.channels}
        self.input_spec = InputSpec(min_ndim=3, max_ndim=4, axes=axes, axis_name="channels")

    @property
    def is_first(self) -> bool:
        """Whether the channels come before height and width."""
        return self.data_format == "channels_first"

    @property
    def channel_axis(self) -> int:
        """The axis of the channels."""
        return -3 if self.is_first else -1

    @property
    def spatial_axes(self) -> tuple[int, int]:
        """The axes of height and width."""
        return (-2, -1) if self.is_first else (-3, -2)

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Transforms the images, with the batch as first axis and the channels as last."""
        batch = inputs if inputs.ndim == 4 else inputs[None]
        outputs = self.transformed(jnp.moveaxis(batch, 1, -1) if self.is_first else batch, ctx)
        outputs = jnp.moveaxis(outputs, -1, 1) if self.is_first else outputs
        outputs = images.cast(outputs, jnp.dtype(inputs.dtype if self.keeps_dtype else self.compute_dtype))
        return outputs if inputs.ndim == 4 else outputs[0]

    def transformed(self, batch: Any, ctx: Context) -> Any:
        """Returns what is made of (batch, height, width, channels)."""
        raise NotImplementedError

    def as_floats(self, batch: Any) -> Any:
        """Returns images of integers as numbers to compute with."""
        if jnp.issubdtype(batch.dtype, jnp.floating):
            return batch
        dtype = jnp.dtype(self.compute_dtype)
        return batch.astype(dtype if jnp.issubdtype(dtype, jnp.floating) else "float32")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return input_shape


class SizedImageLayer(ImageLayer):
    """Makes images of one size; a subclass has the fields `height` and `width`."""

    height: int
    width: int

    def check(self) -> None:
        """Checks the size."""
        super().check()
        checks.positive(self, "height", "width")

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with another height and width."""
        shape = list(input_shape)
        for axis, length in zip(self.spatial_axes, self.size, strict=True):
            shape[axis] = length
        return tuple(shape)


class RandomImageLayer(ImageLayer):
    """Changes each image in training by draws of its own, and none otherwise; a subclass has the field `seed`.

    What is drawn depends on the seed, the step, and the place of the call in the model, and on nothing else.
    """

    seed: int | None

    def transformed(self, batch: Any, ctx: Context) -> Any:
        """Alters the images in training."""
        return self.altered(self.as_floats(batch), ctx.key_with(self.seed)) if ctx.training else batch

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Returns the images, each altered by what this key draws for it."""
        raise NotImplementedError


def drawn(key: jax.Array, batch: Any, span: Span) -> jax.Array:
    """Returns a number per image, each as likely."""
    return jax.random.uniform(key, (batch.shape[0],), "float32", *span)


def chosen(key: jax.Array, batch: Any, span: Span) -> jax.Array:
    """Returns for each image whether it is one of those to change, with a probability drawn from the span."""
    of_threshold, of_probability = jax.random.split(key)
    return drawn(of_threshold, batch, (0.0, 1.0)) < drawn(of_probability, batch, span)


def signs(key: jax.Array, batch: Any) -> jax.Array:
    """Returns 1 or -1 per image."""
    return jax.random.rademacher(key, (batch.shape[0],), "float32")


def placed(key: jax.Array, batch: Any, axis: int, share: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns where boxes begin and end along an axis: as long as their share of it, anywhere."""
    length = share * batch.shape[axis]
    start = drawn(key, batch, (0.0, 1.0)) * (batch.shape[axis] - length)
    return start, start + length


def span(layer: Layer, name: str, low: float, high: float, *, least: float | None = None) -> Span:
    """Returns what a field says to draw from: the pair it is, in order, or `-factor` to `factor` of one factor.

    Args:   low, high: what a pair's numbers may be; `-factor` is no lower than `low` either.
            least: that takes the place of `low` for `-factor`.
    Errors: ValueError if the field is neither, or beyond `low` and `high`.
    """
    value = getattr(layer, name)
    pair = value if isinstance(value, list | tuple) else (value,)
    if not 1 <= len(pair) <= 2 or not all(_is_number(one) and low <= one <= high for one in pair):
        raise ValueError(
            errors.explain(
                f"{layer} needs a number from {low:g} to {high:g}, or two of them, for {name}, got {value!r}."
            )
        )
    if len(pair) == 1:
        factor = abs(pair[0])
        # Without 0.0 it could be -0.0, which is written otherwise than 0.
        return max(-factor, low if least is None else least) + 0.0, factor
    first, last = sorted(pair)
    return first, last


def complete_value_range(layer: Any) -> None:
    """Makes the field `value_range`, between which numbers the colors are, a pair in order.

    Errors: ValueError if it is not two different numbers.
    """
    value = layer.value_range
    is_pair = isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value))
    if not is_pair or value[0] == value[1]:
        raise ValueError(errors.explain(f"{layer} needs two different numbers for value_range, got {value!r}."))
    layer.value_range = (min(value), max(value))


def check_colors(layer: ImageLayer, input_shape: Shape) -> None:
    """Makes sure that images have the channels of colors, or one.

    Errors: ValueError for another number.
    """
    channels = input_shape[layer.channel_axis]
    if channels not in (None, 1, 3):
        raise ValueError(errors.explain(f"{layer} needs images with 3 channels or 1, got {channels}."))


def check_sampling(layer: Any, *further_modes: str) -> None:
    """Checks the fields `interpolation`, `fill_mode` and `fill_value`.

    Errors: ValueError that names layer and field.
    """
    checks.one_of(layer, "interpolation", images.INTERPOLATIONS)
    checks.one_of(layer, "fill_mode", (*images.FILL_MODES, *further_modes))
    check_number(layer, "fill_value")


def check_number(layer: Layer, name: str) -> None:
    """Makes sure a field is a number.

    Errors: ValueError that names layer and field.
    """
    if not _is_number(getattr(layer, name)):
        raise ValueError(errors.explain(f"{layer} needs a number for {name}, got {getattr(layer, name)!r}."))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
