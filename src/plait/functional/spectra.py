"""Short-time Fourier transforms: overlapping stretches of a signal, tapered and transformed, and the way back."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors
from plait.core.lazy import signal

TAPERS = ("hann", "hamming")

# Below this sum of squared tapers, a sample was hardly seen and is left as it is.
_UNSEEN = 1e-10


def stft(
    x: jax.Array,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> jax.Array:
    """Returns the spectra of tapered stretches of a signal.

    Shapes: (..., length) -> (..., stretches, fft_length // 2 + 1), complex
    Args:   sequence_length: samples of a stretch. sequence_stride: from one start to the next.
            fft_length: samples of the transform, at least sequence_length; a stretch stands in their middle.
            window: "hann", "hamming", one number per sample of a stretch, or None for all alike.
            center: whether the signal is mirrored at its ends, so that a stretch has its middle at each start.
    Errors: ValueError for a transform shorter than a stretch, or a window that does not fit.
    """
    if fft_length < sequence_length:
        raise ValueError(
            f"A Fourier transform of {fft_length} samples cannot take stretches of {sequence_length}: "
            "fft_length needs to be sequence_length or more."
        )
    if center:
        x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(fft_length // 2,) * 2], "reflect")
    stretches = jnp.take(x, _samples(x.shape[-1], fft_length, sequence_stride), axis=-1)
    taper = _taper(window, sequence_length, fft_length, x.dtype)
    return jnp.fft.rfft(stretches * taper.reshape((1,) * x.ndim + (-1,)))


def istft(
    x: jax.Array,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> jax.Array:
    """Returns the signal that has these spectra, nearest to them where no signal has.

    Shapes: (..., stretches, fft_length // 2 + 1), complex -> (..., length)
    Args:   length: of the signal, if it is not to follow from the number of stretches; all others as for `stft`.
            window: None adds the stretches up as they are.
    Errors: ValueError for fewer than two axes, or a window that does not fit.
    Source: D. Griffin and J. Lim, Signal Estimation from Modified Short-Time Fourier Transform, 1984, eq. 6.
    """
    if x.ndim < 2:
        raise ValueError(f"The inverse transform needs an axis of stretches and one of frequencies, got {x.shape}.")
    stretches = jnp.fft.irfft(x, fft_length)
    total = fft_length + sequence_stride * (x.shape[-2] - 1)
    samples = _samples(total, fft_length, sequence_stride)
    taper = _taper(window, sequence_length, fft_length, stretches.dtype)
    added = _overlapped(stretches * taper.reshape((1,) * (x.ndim - 1) + (-1,)), samples, total)
    seen = _overlapped(jnp.broadcast_to(jnp.square(taper), samples.shape), samples, total)
    outputs = added / jnp.where(seen > _UNSEEN, seen, 1).reshape((1,) * (x.ndim - 2) + (-1,))
    if window is None:
        outputs = outputs * (fft_length / sequence_stride)
    start = fft_length // 2 if center else 0
    stop = total - start if length is None else start + length
    return outputs[..., start:stop]


def _samples(length: int, stretch: int, stride: int) -> np.ndarray:
    """Returns the places of the samples of each stretch."""
    return np.arange(0, length - stretch + 1, stride)[:, None] + np.arange(stretch)


def _overlapped(stretches: jax.Array, samples: np.ndarray, total: int) -> jax.Array:
    return jnp.zeros((*stretches.shape[:-2], total), stretches.dtype).at[..., samples].add(stretches)


def _taper(window: Any, length: int, padded: int, dtype: Any) -> jax.Array:
    """Returns a window of so many samples, with zeros around it."""
    if window is None:
        return jnp.ones(padded, dtype)
    if isinstance(window, str) and window not in TAPERS:
        raise errors.unknown("window", window, TAPERS)
    taper = jnp.asarray(signal.get_window(window, length) if isinstance(window, str) else window, dtype)
    if taper.shape != (length,):
        raise ValueError(f"A window needs one number per sample, shape ({length},), got {taper.shape}.")
    before = (padded - length) // 2
    return jnp.pad(taper, (before, padded - length - before))
