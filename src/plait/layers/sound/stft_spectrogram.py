"""Spectrograms of all frequencies, by kernels that may be trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from plait import initializers
from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import kernels, spectrograms, windows
from plait.graph import checks
from plait.graph.shapes import Shape, Spec
from plait.layers.sound import tapers
from plait.layers.spatial import Windowed
from plait.losses import arrays

_FLOATS = ("float16", "bfloat16", "float32", "float64")


@registry.register
@dataclass(eq=False, repr=False)
class STFTSpectrogram(Windowed):
    """Computes the spectra of a signal's frames, channel by channel, by convolutions.

    The kernels start as a short-time Fourier transform, and are trained unless the layer is made with
    `trainable=False`.

    Shapes:  (batch, samples, channels) -> (batch, frames, channels * frequencies), or with expand_dims
             (batch, frames, frequencies, channels); for "channels_first" (batch, channels, samples) ->
             (batch, channels * frequencies, frames), or with expand_dims (batch, channels, frames, frequencies).
             There are fft_length // 2 + 1 frequencies, and twice as many with mode "stft"
    Weights: real_kernel, unless mode is "imag", and imag_kernel, unless it is "real": (frame_length, 1, frequencies)
    Args:    mode: "log" or "magnitude" of the spectra, "psd" for their power, "real" or "imag" for one part of them,
             "stft" for one after the other, or "angle" in radians.
             frame_length: samples of a frame, 2 or more. frame_step: from one frame to the next, at most as many, and
             half as many if not given. fft_length: samples of the transform, at least those of a frame; the next
             power of two if not given.
             window, periodic, scaling: see `initializers.STFT`.
             padding: "valid" for frames within the signal, or "same" for one at each step.
             expand_dims: whether outputs are images, with frames and frequencies for height and width.
    Errors:  ValueError for arguments that are not such, and "valid" frames longer than the signal; TypeError for inputs
             that are not floats.
    """

    mode: str = "log"
    frame_length: int = 256
    frame_step: int | None = None
    fft_length: int | None = None
    window: Any = "hann"
    periodic: bool = False
    scaling: str | None = "density"
    padding: str = "valid"
    expand_dims: bool = False
    data_format: str | None = None

    axes = 1

    def check(self) -> None:
        """Checks the arguments."""
        checks.one_of(self, "mode", tuple(spectrograms.READINGS))
        given = [name for name in ("frame_step", "fft_length") if getattr(self, name) is not None]
        checks.positive(self, "frame_length", *given)
        # Not kept as fields: a config has them as they were given.
        self._step = self.frame_length // 2 if self.frame_step is None else self.frame_step
        self._samples = 2 ** (self.frame_length - 1).bit_length() if self.fft_length is None else self.fft_length
        if problem := self._unfit_lengths():
            raise ValueError(errors.explain(f"{self} needs {problem}."))
        checks.one_of(self, "scaling", (None, "density", "spectrum"))
        self._check_taper()
        self.check_window((self.frame_length,), (1,))

    def _unfit_lengths(self) -> str | None:
        frame = f"frame_length={self.frame_length}"
        if self.frame_length < 2:
            return f"a frame_length of 2 or more, got {self.frame_length}"
        if self._step > self.frame_length:
            return f"a frame_step of at most {frame}, so that no sample is skipped, got {self.frame_step}"
        if self._samples < self.frame_length:
            return f"an fft_length of at least {frame}, got {self.fft_length}"
        return None

    def _check_taper(self) -> None:
        tapers.check_length(self, self.frame_length)
        try:
            self._transform("real")
        except ValueError as error:
            raise ValueError(
                errors.explain(
                    f"{self} knows no window {self.window!r}.",
                    "Take one of scipy.signal.windows that needs no arguments, an array of numbers, or None.",
                )
            ) from error

    def _transform(self, side: str) -> initializers.STFT:
        return initializers.STFT(side, self.window, self.scaling, self.periodic)

    @property
    def slow_in_loops(self) -> bool:
        """Whether XLA's own code computes the gradient, which is slow inside a loop of steps on the CPU."""
        return not (kernels.state() == "in use" and self.compute_dtype in kernels.DTYPES)

    def prepare(self, specs: Any, arguments: Mapping[str, Any], site: errors.CallSite | None) -> None:
        """Checks the inputs of a call, and declares the weights if this is the first."""
        if isinstance(specs, Spec) and specs.dtype not in _FLOATS:
            raise TypeError(
                errors.explain(
                    f"{self} needs a signal of floats, got {specs.dtype}.",
                    'Convert it first, to the range that is wanted: (x / 32768).astype("float32") for samples of 16 '
                    "bits, or layers.Rescaling(1 / 32768)(x).",
                    site=site,
                )
            )
        super().prepare(specs, arguments, site)

    def build(self, input_shape: Shape) -> None:
        """Declares the kernels."""
        self.real_kernel = None if self.mode == "imag" else self._declared("real")
        self.imag_kernel = None if self.mode == "real" else self._declared("imag")

    def _declared(self, side: str) -> Weight:
        shape = (self.frame_length, 1, self._samples // 2 + 1)
        return self.declare(f"{side}_kernel", shape, self._transform(side))

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Any:
        """Convolves the frames of each channel, and reads off what the mode says."""
        self.check_fits(inputs)
        signals = inputs if self._is_first else jnp.swapaxes(inputs, 1, 2)
        real, imaginary = (
            None
            if kernel is None
            else spectrograms.convolved(signals, values[kernel].astype(inputs.dtype), self._step, self.padding)
            for kernel in (self.real_kernel, self.imag_kernel)
        )
        outputs = spectrograms.READINGS[self.mode](real, imaginary, arrays.EPSILON)
        return spectrograms.laid_out(outputs, self.expand_dims, str(self.data_format))

    @property
    def _is_first(self) -> bool:
        return self.data_format == "channels_first"

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of a sequence of frames, or of images with expand_dims."""
        batch, channels = input_shape[0], input_shape[self.channel_axis]
        frames = windows.output_length(input_shape[self.spatial_axes[0]], self.frame_length, self._step, self.padding)
        frequencies = (self._samples // 2 + 1) * (2 if self.mode == "stft" else 1)
        if self.expand_dims:
            return (batch, channels, frames, frequencies) if self._is_first else (batch, frames, frequencies, channels)
        features = None if channels is None else channels * frequencies
        return (batch, features, frames) if self._is_first else (batch, frames, features)
