"""Spectrograms in bands as wide as the ear hears them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import spectra, spectrograms
from plait.graph import checks
from plait.graph.shapes import InputSpec, Shape
from plait.layers.preprocessing.data_layer import DataLayer
from plait.layers.sound import tapers


@registry.register
@dataclass(eq=False, repr=False)
class MelSpectrogram(DataLayer):
    """Computes how strong a signal is in each band of frequencies, frame by frame, by Fourier transforms.

    The signal is mirrored at its ends, so that the first frame has its middle at the first sample. The arithmetic is
    float32 also under mixed precision.

    Shapes: (..., samples) -> (..., num_mel_bins, frames)
    Args:   fft_length: samples of a transform. sequence_length: those of a frame, at most as many, and as many if not
            given. sequence_stride: samples from one frame to the next.
            window: what tapers a frame: "hann", "hamming", one number per sample, or None for nothing.
            sampling_rate: samples per second. min_freq, max_freq: where the bands start and end, in Hz; half the
            sampling rate if not given.
            mag_exp: what magnitudes are raised to, 2 for power; > 0.
            power_to_db: whether decibels are put out: relative to ref_power, of min_power (> 0) at least, and at most
            top_db below the largest of the batch.
    Errors: ValueError for arguments that are not such.
    """

    fft_length: int = 2048
    sequence_stride: int = 512
    sequence_length: int | None = None
    window: Any = "hann"
    sampling_rate: float = 16000
    num_mel_bins: int = 128
    min_freq: float = 20.0
    max_freq: float | None = None
    power_to_db: bool = True
    top_db: float = 80.0
    mag_exp: float = 2.0
    min_power: float = 1e-10
    ref_power: float = 1.0

    input_spec = InputSpec(min_ndim=1)

    def check(self) -> None:
        """Checks the arguments, and completes those that follow from others."""
        # What is quiet beside the rest of a signal would be lost in half precision.
        self.autocast = False
        self.sequence_length = self.sequence_length or self.fft_length
        checks.positive(self, "fft_length", "sequence_stride", "sequence_length", "num_mel_bins")
        if self.fft_length < self.sequence_length:
            raise ValueError(
                errors.explain(
                    f"{self} needs an fft_length of {self.sequence_length} or more for frames of sequence_length="
                    f"{self.sequence_length}, got {self.fft_length}."
                )
            )
        if isinstance(self.window, str):
            checks.one_of(self, "window", spectra.TAPERS)
        tapers.check_length(self, self.sequence_length)
        checks.numbers(self, "sampling_rate", "mag_exp")
        self._check_bands()
        if self.power_to_db:
            checks.numbers(self, "min_power")
            checks.numbers(self, "top_db", "ref_power", zero=True)
        # The largest level, which bounds all others, is that of the batch.
        self.mixes_batch = self.mixes_batch_always = bool(self.power_to_db)

    def _check_bands(self) -> None:
        self.max_freq = self.max_freq or int(self.sampling_rate / 2)
        checks.numbers(self, "min_freq", zero=True)
        checks.numbers(self, "max_freq")
        if self.min_freq >= self.max_freq:
            raise ValueError(
                errors.explain(
                    f"{self} needs a max_freq above min_freq={self.min_freq}, got {self.max_freq}.",
                    "It is half the sampling_rate if not given.",
                )
            )

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Transforms, sums over bands, and puts time last."""
        spectrum = spectra.stft(
            inputs.astype(self.precise_dtype),
            self.sequence_length,  # type: ignore[arg-type]
            self.sequence_stride,
            self.fft_length,
            self.window,
        )
        filters = spectrograms.mel_filters(
            self.num_mel_bins,
            spectrum.shape[-1],
            self.sampling_rate,
            self.min_freq,
            self.max_freq,  # type: ignore[arg-type]
        )
        outputs = spectrograms.in_bands(spectrum, filters, self.mag_exp)
        if self.power_to_db:
            outputs = spectrograms.decibels(outputs, self.ref_power, self.min_power, self.top_db)
        return jnp.swapaxes(outputs, -1, -2).astype(self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with bands and frames in place of samples."""
        *before, samples = input_shape
        frames = None if samples is None else (samples - self.fft_length % 2) // self.sequence_stride + 1
        return (*before, self.num_mel_bins, frames)
