"""Where the windows of convolutions and poolings lie: lengths, padding, axes. Integers only, no arrays.

A window of `size` elements, `dilation` apart, spans `dilation * (size - 1) + 1` elements of an axis and moves
on by `stride`. Padding is `"valid"` (none), `"same"` (a window at every stride, the odd element after) or
`"causal"` (a window at every stride, all padding before: a window ends where its output stands).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plait.core import errors

PADDINGS = ("valid", "same", "causal")
DATA_FORMATS = ("channels_last", "channels_first")


def per_axis(value: int | Sequence[int], axes: int, what: str) -> tuple[int, ...]:
    """Returns one positive integer per axis; a single integer stands for all of them.

    Args:   what: the name of the argument, for the error: "strides", "pool_size" …
    Errors: ValueError if there are not `axes` integers, or one is below 1.
    """
    values: tuple[Any, ...] = tuple(value) if isinstance(value, list | tuple) else (value,) * axes
    if len(values) != axes or not all(isinstance(number, int) and number >= 1 for number in values):
        raise ValueError(f"{what} needs a positive integer or {axes} of them, got {value!r}.")
    return values


def spatial_axes(rank: int, data_format: str) -> tuple[int, ...]:
    """Returns the axes that windows move along: all but the batch and the channels.

    Errors: ValueError for an unknown data format, or if no axis is left.
    """
    if data_format not in DATA_FORMATS:
        raise errors.unknown("data_format", data_format, DATA_FORMATS)
    if rank < 3:
        raise ValueError(
            f"Windows move along the axes between batch and channels: inputs need 3 axes or more, got {rank}."
        )
    return tuple(range(1, rank - 1)) if data_format == "channels_last" else tuple(range(2, rank))


def channel_axis(rank: int, data_format: str) -> int:
    """Returns the axis of the channels."""
    return rank - 1 if data_format == "channels_last" else 1


def output_length(length: int | None, size: int, stride: int, padding: str, dilation: int = 1) -> int | None:
    """Returns how many windows lie on an axis; None for an axis of unknown length.

    Errors: ValueError for an unknown padding, or if a window does not fit.
    """
    if padding not in PADDINGS:
        raise errors.unknown("padding", padding, PADDINGS)
    if length is None:
        return None
    if padding != "valid":
        return -(-length // stride)
    span = extent(size, dilation)
    if length < span:
        dilated = f" (size {size}, dilation {dilation})" if dilation > 1 else ""
        raise ValueError(
            errors.explain(
                f"A window of {span}{dilated} does not fit on an axis of length {length}.",
                'Use a smaller window, larger inputs, fewer poolings before it, or padding="same".',
            )
        )
    return (length - span) // stride + 1


def output_shape(
    shape: Sequence[int | None],
    size: Sequence[int],
    strides: Sequence[int],
    padding: str,
    *,
    dilation: Sequence[int] | None = None,
    data_format: str = "channels_last",
    channels: int | None = None,
) -> tuple[int | None, ...]:
    """Returns the shape of a convolution or pooling of inputs of this shape.

    Args:   channels: the number of output channels; None keeps that of the inputs, as pooling does.
    Errors: ValueError for an unknown padding or data format, or if a window does not fit.
    """
    axes = spatial_axes(len(shape), data_format)
    result = list(shape)
    for axis, k, s, d in zip(axes, size, strides, dilation or (1,) * len(axes), strict=True):
        result[axis] = output_length(shape[axis], k, s, padding, d)
    if channels is not None:
        result[channel_axis(len(shape), data_format)] = channels
    return tuple(result)


def padding_amounts(length: int, size: int, stride: int, padding: str, dilation: int = 1) -> tuple[int, int]:
    """Returns how many elements to add before and after an axis.

    Errors: ValueError for an unknown padding, or if a window does not fit.
    """
    span, outputs = extent(size, dilation), output_length(length, size, stride, padding, dilation)
    if padding == "valid" or outputs is None:
        return 0, 0
    if padding == "causal":
        return span - 1, 0
    missing = max((outputs - 1) * stride + span - length, 0)
    return missing // 2, missing - missing // 2


def transposed_padding(
    size: int, stride: int, padding: str, dilation: int = 1, output_padding: int | None = None
) -> tuple[int, int]:
    """Returns how many zeros to add before and after an axis for a transposed convolution.

    It is the convolution, with stride 1, of inputs that stand `stride` apart.

    Args:   output_padding: how many elements outputs have beyond the fewest possible; None for `stride` times the
            inputs' length with "same", and as many at least with "valid".
    Errors: ValueError for an unknown padding.
    """
    if padding not in PADDINGS[:2]:
        raise errors.unknown("padding", padding, PADDINGS[:2])
    span = extent(size, dilation)
    if padding == "valid":
        return span - 1, span - 1 + (max(stride - span, 0) if output_padding is None else output_padding)
    total = span - 2 + (stride if output_padding is None else span % 2 + output_padding)
    before = min(total - total // 2, span - 1)
    return before, total - before


def transposed_shape(
    shape: Sequence[int | None],
    size: Sequence[int],
    strides: Sequence[int],
    padding: str,
    *,
    channels: int,
    output_padding: Sequence[int] | None = None,
    dilation: Sequence[int] | None = None,
    data_format: str = "channels_last",
) -> tuple[int | None, ...]:
    """Returns the shape of a transposed convolution of inputs of this shape, with so many output channels.

    Errors: ValueError for an unknown padding or data format.
    """
    axes = spatial_axes(len(shape), data_format)
    result = list(shape)
    extra, dilation = output_padding or (None,) * len(axes), dilation or (1,) * len(axes)
    for axis, k, s, d, more in zip(axes, size, strides, dilation, extra, strict=True):
        length, added = shape[axis], sum(transposed_padding(k, s, padding, d, more))
        result[axis] = None if length is None else s * (length - 1) + 1 + added - (extent(k, d) - 1)
    result[channel_axis(len(shape), data_format)] = channels
    return tuple(result)


def adaptive(length: int, outputs: int) -> list[tuple[int, int]]:
    """Returns where each of as many windows as `outputs` starts and ends, which together cover an axis evenly.

    Neighbours overlap where `outputs` does not divide the length.
    """
    return [(at * length // outputs, -(-(at + 1) * length // outputs)) for at in range(outputs)]


def covered(length: int, size: int, stride: int, padding: str) -> list[int]:
    """Returns, for each window on an axis, how many of its elements are no padding."""
    before, after = padding_amounts(length, size, stride, padding)
    starts = range(-before, length + after - size + 1, stride)
    return [min(start + size, length) - max(start, 0) for start in starts]


def extent(size: int, dilation: int) -> int:
    """Returns how many elements of an axis a window spans."""
    return dilation * (size - 1) + 1
