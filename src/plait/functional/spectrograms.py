"""Spectrograms: what is read off the spectra of a signal, frame by frame, as a scale of hearing or a mode wants it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.functional import convolution


def mel_filters(bands: int, frequencies: int, sampling_rate: float, lowest: float, highest: float) -> np.ndarray:
    """Returns how much of each frequency is in each band: triangles on the mel scale, 1 at their peaks.

    A band reaches from the peak of the one before to the peak of the one after. Frequency 0 is in none.

    Shapes: -> (frequencies, bands)
    Args:   frequencies: how many there are, equally far apart, from 0 to half the sampling rate.
            lowest, highest: where the first band starts and the last one ends, in the unit of the sampling rate: Hz.
    Source: S. Young et al., The HTK Book (for HTK version 3.4), 2006, section 5.4.
    """
    corners = np.linspace(_mels(lowest), _mels(highest), bands + 2)
    starts, peaks, ends = corners[:-2], corners[1:-1], corners[2:]
    places = _mels(np.linspace(0, sampling_rate / 2, frequencies))[:, None]
    filters = np.minimum((places - starts) / (peaks - starts), (ends - places) / (ends - peaks))
    filters[0] = 0
    return np.maximum(filters, 0)


def _mels(hertz: Any) -> Any:
    # Without the factor in front, which drops out of every quotient.
    return np.log1p(np.asarray(hertz) / 700)


def in_bands(spectra: jax.Array, filters: np.ndarray, exponent: float) -> jax.Array:
    """Returns the magnitudes of spectra, raised to an exponent, summed over each band.

    Shapes: spectra (..., frequencies), complex, and filters (frequencies, bands) -> (..., bands)
    """
    # Not the root of a sum of squares, which has no gradient where the signal is silent.
    powers = jnp.abs(spectra) ** exponent
    return jnp.tensordot(powers, jnp.asarray(filters, powers.dtype), 1)


def decibels(powers: jax.Array, reference: float, least: float, span: float) -> jax.Array:
    """Returns 10 log10(power / reference), and not less than `span` below the largest of all.

    Args: reference, least: powers; what is below `least`, above 0, counts as that much, the reference too.
          span: in decibels, 0 or more.
    """
    zero = 10 * float(np.log10(max(reference, least)))

    def level(power: jax.Array) -> jax.Array:
        return 10 * jnp.log10(jnp.maximum(power, least)) - zero

    # Not the largest of the levels: XLA may compute those twice and round them differently. Then none of them is the
    # largest, and the gradient is 0 / 0.
    return jnp.maximum(level(powers), level(jnp.max(powers, initial=0.0)) - span)


def convolved(signals: jax.Array, kernel: jax.Array, step: int, padding: str) -> jax.Array:
    """Returns the products of a kernel with the frames of each channel, which start `step` samples apart.

    Shapes: signals (batch, channels, length), kernel (frame, 1, frequencies) -> (batch, channels, frames, frequencies)
    Args:   padding: "valid" for frames within the signal, "same" for one at each step.
    """
    batch, channels, length = signals.shape
    outputs = convolution.convolve(signals.reshape(batch * channels, length, 1), kernel, strides=step, padding=padding)
    return outputs.reshape(batch, channels, *outputs.shape[1:])


def laid_out(spectrogram: jax.Array, is_image: bool, data_format: str) -> jax.Array:
    """Returns a spectrogram of each channel as an image, or as a sequence of all their frequencies.

    Shapes: (batch, channels, frames, frequencies) -> as an image (batch, frames, frequencies, channels), as a sequence
            (batch, frames, channels * frequencies); with "channels_first" the same as an image, as a sequence
            (batch, channels * frequencies, frames)
    """
    batch, channels, frames, frequencies = spectrogram.shape
    is_first = data_format == "channels_first"
    if is_image:
        return spectrogram if is_first else jnp.moveaxis(spectrogram, 1, -1)
    if is_first:
        return jnp.swapaxes(spectrogram, 2, 3).reshape(batch, channels * frequencies, frames)
    return jnp.swapaxes(spectrogram, 1, 2).reshape(batch, frames, channels * frequencies)


def _power(real: jax.Array, imaginary: jax.Array) -> jax.Array:
    return jnp.square(real) + jnp.square(imaginary)


def _magnitude(real: jax.Array, imaginary: jax.Array, least: float) -> jax.Array:
    return jnp.sqrt(jnp.maximum(_power(real, imaginary), least))


def _density(real: jax.Array, imaginary: jax.Array) -> jax.Array:
    """Returns the power of each frequency and of its negative: all have one but the first and the last."""
    powers = _power(real, imaginary)
    counts = np.full((1, 1, 1, powers.shape[-1]), 2)
    counts[..., [0, -1]] = 1
    return powers * jnp.asarray(counts, powers.dtype)


def _angle(real: jax.Array, imaginary: jax.Array) -> jax.Array:
    """Returns the angle in radians, 0 for the number 0."""
    # At 0 the gradient of an angle is not finite, and would make that of the whole signal so.
    is_zero = (real == 0) & (imaginary == 0)
    return jnp.where(is_zero, 0, jnp.arctan2(imaginary, jnp.where(is_zero, 1, real)))


# What each mode makes of real and imaginary parts, (batch, channels, frames, frequencies), and of the least power that
# counts. The modes "real" and "imag" are given None for the other part.
READINGS: dict[str, Callable[[Any, Any, float], jax.Array]] = {
    "log": lambda real, imaginary, least: jnp.log(_magnitude(real, imaginary, least)),
    "magnitude": _magnitude,
    "psd": lambda real, imaginary, _: _density(real, imaginary),
    "real": lambda real, *_: real,
    "imag": lambda _, imaginary, __: imaginary,
    "angle": lambda real, imaginary, _: _angle(real, imaginary),
    "stft": lambda real, imaginary, _: jnp.concatenate([real, imaginary], axis=-1),
}
