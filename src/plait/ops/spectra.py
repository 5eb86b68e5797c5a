"""Fourier transforms. As in Keras, a complex array is a pair of real ones: `(real, imaginary)`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait.functional import spectra
from plait.graph.operators import lift

__all__ = ["fft", "fft2", "ifft2", "irfft", "istft", "polar", "rfft", "stft", "view_as_complex", "view_as_real"]


def _joined(x: Any) -> jax.Array:
    if not isinstance(x, list | tuple) or len(x) != 2 or jnp.shape(x[0]) != jnp.shape(x[1]):
        raise ValueError("A complex array is given as two real ones of one shape: (real, imaginary).")
    return jax.lax.complex(jnp.asarray(x[0]), jnp.asarray(x[1]))


def _parted(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    return jnp.real(x), jnp.imag(x)


@lift
def fft(x: Any) -> Any:
    """Returns the Fourier transform along the last axis."""
    return _parted(jnp.fft.fft(_joined(x)))


@lift
def fft2(x: Any) -> Any:
    """Returns the Fourier transform along the last two axes."""
    return _parted(jnp.fft.fft2(_joined(x)))


@lift
def ifft2(x: Any) -> Any:
    """Returns what `fft2` was taken of."""
    return _parted(jnp.fft.ifft2(_joined(x)))


@lift
def rfft(x: Any, fft_length: int | None = None) -> Any:
    """Returns the Fourier transform of real numbers along the last axis: the frequencies from 0 up.

    Args: fft_length: to cut or fill up the axis to.
    """
    return _parted(jnp.fft.rfft(x, fft_length))


@lift
def irfft(x: Any, fft_length: int | None = None) -> Any:
    """Returns the real numbers that `rfft` was taken of; an even number of them unless told otherwise."""
    return jnp.fft.irfft(_joined(x), fft_length)


@lift
def stft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> Any:
    """Returns the spectra of tapered stretches of a signal.

    Shapes: (..., length) -> a pair of (..., stretches, fft_length // 2 + 1)
    Args:   as of `plait.functional.spectra.stft`.
    """
    return _parted(spectra.stft(jnp.asarray(x), sequence_length, sequence_stride, fft_length, window, center))


@lift
def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Any:
    """Returns the signal that has these spectra.

    Shapes: a pair of (..., stretches, fft_length // 2 + 1) -> (..., length)
    Args:   as of `plait.functional.spectra.istft`.
    """
    return spectra.istft(_joined(x), sequence_length, sequence_stride, fft_length, length, window, center)


@lift
def polar(abs_: Any, angle: Any) -> Any:
    """Returns the complex numbers with these absolute values and angles, in radians."""
    return _joined((abs_ * jnp.cos(angle), abs_ * jnp.sin(angle)))


@lift
def view_as_complex(x: Any) -> Any:
    """Returns complex numbers of an array whose last axis holds real and imaginary parts."""
    return _joined((x[..., 0], x[..., 1]))


@lift
def view_as_real(x: Any) -> Any:
    """Returns an array whose last axis holds the real and imaginary parts of complex numbers."""
    return jnp.stack(_parted(jnp.asarray(x)), axis=-1)
