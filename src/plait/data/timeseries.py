"""Windows over a series, batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.core import errors, seeds
from plait.data import checks
from plait.data.arrays import gathered, opened, rows
from plait.data.batches import Batches

_WHO = "timeseries_dataset_from_array"


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Batches:
    """Returns batches of windows, each with the target at the step it starts at; none is copied before its batch.

    Shapes: data (steps, ...), targets (steps, ...) -> (batch, sequence_length, ...), (batch, ...)
    Args:   data, targets: arrays in memory or on disk, see `plait.data.from_arrays`; targets None for windows alone.
            sequence_length: how many steps a window has.
            sequence_stride: from the start of one window to that of the next.
            sampling_rate: from one step of a window to its next.
            batch_size: None for single windows.
            shuffle: whether each epoch has an order of its own.
            seed: of these orders; by default another one each time.
            start_index, end_index: of the part of the series that windows lie in; None for its start and its end.
            format: taken; the batches are the same.
    Errors: ValueError for a wrong argument, or if no window fits.
    """
    data = opened("data", data)
    targets = None if targets is None else opened("targets", targets)
    start, end = start_index or 0, len(data) if end_index is None else end_index
    _check(len(data), start, end, sequence_length, sequence_stride, sampling_rate, batch_size)
    checks.one_of("format", format, checks.FORMATS)
    windows = end - start - (sequence_length - 1) * sampling_rate
    if targets is not None:
        windows = min(windows, len(targets) - start)
    if windows <= 0:
        raise ValueError(
            errors.explain(
                f"No window fits: {sequence_length} steps, {sampling_rate} apart, in the {end - start} of the series"
                f"{'' if targets is None else f', which has {len(targets)} targets'}.",
                "Use a smaller sequence_length or sampling_rate, or a longer series.",
            )
        )
    first_steps = start + np.arange(0, windows, sequence_stride)
    seed = seeds.fresh() if seed is None else seed
    if shuffle:
        np.random.RandomState(seed).shuffle(first_steps)
    steps = np.arange(sequence_length) * sampling_rate

    def gather(positions: np.ndarray) -> Any:
        first = first_steps[positions]
        inputs = rows(data, first[:, None] + steps)
        return inputs if targets is None else (inputs, rows(targets, first))

    return gathered(gather, len(first_steps), batch_size, seed if shuffle else None)


def _check(
    length: int, start: Any, end: Any, sequence_length: Any, sequence_stride: Any, sampling_rate: Any, batch_size: Any
) -> None:
    checks.positive(_WHO, sequence_length=sequence_length, sequence_stride=sequence_stride, sampling_rate=sampling_rate)
    if batch_size is not None:
        checks.positive(_WHO, batch_size=batch_size)
    for name, value in (("sequence_stride", sequence_stride), ("sampling_rate", sampling_rate)):
        if value >= length:
            raise ValueError(
                errors.explain(f"{_WHO} needs a {name} below the length of the series, {length}, got {value}.")
            )
    are_integers = all(isinstance(index, int | np.integer) for index in (start, end))
    if not are_integers or not 0 <= start < end <= length:
        raise ValueError(
            errors.explain(
                f"{_WHO} needs start_index before end_index, both in the series of {length} steps, "
                f"got {start!r} and {end!r}."
            )
        )
