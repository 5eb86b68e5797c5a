"""What layers share whose inputs have spatial axes, between batch and channels or after both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from plait.core import errors
from plait.functional import windows
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Spec


def complete_data_format(layer: Any) -> None:
    """Makes the field `data_format` "channels_last" where none is given.

    Errors: ValueError for an unknown one.
    """
    layer.data_format = layer.data_format or "channels_last"
    checks.one_of(layer, "data_format", windows.DATA_FORMATS)


@dataclass(frozen=True)
class LengthSpec(InputSpec):
    """Demands of the inputs, besides the rest, that certain axes are long enough.

    Args: least: the shortest length that will do, for certain axes.
          meaning: what the layer needs with that, for the error.
          remedy: what to do where they are shorter.
    """

    least: Mapping[int, int] = field(default_factory=dict)
    meaning: str = "longer inputs"
    remedy: str | None = None

    def problem(self, spec: Spec) -> str | None:
        """Returns what is wrong with inputs like these, as the end of a sentence that starts with "needs", or None."""
        shape, wrong = spec.shape, super().problem(spec)
        if wrong:
            return wrong
        for axis, least in self.least.items():
            size = shape[axis]
            if size is not None and size < least:
                return errors.explain(
                    f"{self.meaning}, {least} or more on axis {axis}, got {size}: shape {shape}.", self.remedy
                )
        return None


def window_spec(axes: int, least: Mapping[int, int], axis_name: str = "features") -> LengthSpec:
    """Returns what is demanded of inputs with so many axes that a window has to fit on."""
    return LengthSpec(
        ndim=axes,
        least=least,
        axis_name=axis_name,
        meaning="inputs as long as its window",
        remedy='Use a smaller window, larger inputs, fewer poolings before it, or padding="same".',
    )


class Spatial(Layer):
    """Has inputs with `axes` spatial axes; a subclass has the field `data_format`."""

    axes: ClassVar[int]
    data_format: str | None

    def check_fits(self, inputs: Any) -> None:
        """Makes sure that these inputs, whose lengths may not have been known before, are long enough.

        Errors: ValueError that names the layer.
        """
        problem = self.input_spec.problem(Spec(inputs.shape, str(inputs.dtype))) if self.input_spec else None
        if problem:
            raise ValueError(errors.explain(f"{self} needs {problem}"))

    @property
    def channel_axis(self) -> int:
        """The axis of the channels."""
        return -1 if self.data_format == "channels_last" else 1

    @property
    def spatial_axes(self) -> tuple[int, ...]:
        """The axes between batch and channels, or after both."""
        return windows.spatial_axes(self.axes + 2, str(self.data_format))


class Windowed(Spatial):
    """Slides a window along the spatial axes; a subclass has the fields `padding` and `data_format`."""

    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")
    padding: str

    def check_window(self, size: Sequence[int], dilation: Sequence[int]) -> None:
        """Completes padding and data format, and demands inputs that the window fits on.

        Errors: ValueError for an unknown padding or data format.
        """
        self.padding = str(self.padding).lower()
        checks.one_of(self, "padding", self.paddings)
        complete_data_format(self)
        spans = map(windows.extent, size, dilation) if self.padding == "valid" else ()
        self.input_spec = window_spec(self.axes + 2, dict(zip(self.spatial_axes, spans, strict=False)))
