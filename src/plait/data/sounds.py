"""Sounds in a folder, batch by batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from plait.core import errors, lazy, nest
from plait.data import checks, packages, stacking
from plait.data.batches import Batches
from plait.data.folders import Folder

FILES = (".wav",)


def audio_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Batches | list[Batches]:
    """Returns batches of sounds, in floats from -1 to 1, with the labels of their folders.

    Shapes: (batch, samples, channels), labels (batch,), (batch, 1) if binary, (batch, classes) if categorical
    Args:   directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset,
            follow_links, verbose: see `plait.data.folders.Folder`.
            sampling_rate: samples per second, to which sounds of another rate are brought; None leaves each its own.
            output_sequence_length: how many samples each sound has after that, cut off or filled up with 0; None for
            those of the longest in the batch.
            ragged: False.
    Errors: ValueError for a wrong argument, before anything is read; or for a file that is no sound.
    """
    if ragged:
        raise ValueError(
            errors.explain(
                "Sounds come in arrays, not in ragged tensors, got ragged=True.",
                "Leave it out: shorter sounds are filled up with 0. Or take them one by one: batch_size=None.",
            )
        )
    given = {"sampling_rate": sampling_rate, "output_sequence_length": output_sequence_length}
    checks.positive(
        "audio_dataset_from_directory", **{name: value for name, value in given.items() if value is not None}
    )
    folder = Folder(directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset,
                    follow_links, verbose)  # fmt: skip
    soundfile = packages.soundfile()

    def load(path: str) -> np.ndarray:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        if sampling_rate is not None and sampling_rate != rate:
            samples = resampled(samples, rate, sampling_rate)
        return samples if output_sequence_length is None else of_length(samples, output_sequence_length)

    return folder.batches(load, FILES, "sounds", stack=padded)


def resampled(samples: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Returns a sound with another number of samples per second.

    Shapes: (samples, channels) -> (samples * new_rate / rate, rounded up, channels)
    """
    divisor = math.gcd(rate, new_rate)
    return lazy.signal.resample_poly(samples, new_rate // divisor, rate // divisor, axis=0).astype(np.float32)


def of_length(samples: np.ndarray, length: int) -> np.ndarray:
    """Returns so many samples, cut off at the end or filled up with 0."""
    kept = samples[:length]
    return np.pad(kept, ((0, length - len(kept)), (0, 0)))


def padded(examples: Sequence[Any]) -> Any:
    """Returns examples as one batch, with each sound as long as the longest."""

    def one(*leaves: np.ndarray) -> np.ndarray:
        if leaves[0].ndim < 2:  # labels
            return stacking.stacked(*leaves)
        longest = max(len(leaf) for leaf in leaves)
        return stacking.stacked(*(of_length(leaf, longest) for leaf in leaves))

    return nest.walk(one, *examples)
