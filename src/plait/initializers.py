"""Initializers: the first value of a weight, drawn on the host from the seed and the weight's place alone."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import arguments, errors, memory, names, policy, registry, seeds
from plait.core.fields import dataclass
from plait.core.lazy import signal

Like: TypeAlias = "str | Initializer | Callable[..., Any] | dict[str, Any] | np.ndarray | jax.Array"

# Numbers drawn from one stream. Larger arrays take one stream per block, so that the blocks can be drawn by
# several threads and the result still depends on nothing but the seed and the place.
_BLOCK = 2**20


@dataclass(eq=False)
class Initializer(arguments.Checked, registry.Described):
    """Is what an initializer derives from; one of your own defines `__call__(shape, dtype=None)`."""

    keras_module = "keras.initializers"

    def draw(self, shape: Sequence[int], dtype: Any, place: str) -> np.ndarray:
        """Returns the values, on the host, of the weight at this place of a model."""
        # A copy: the weight may borrow the memory, and a function may go on writing to what it returned.
        return np.array(self(tuple(shape), dtype=dtype), dtype=jnp.dtype(dtype))

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Returns an array of this shape and dtype, by default the dtype that weights are kept in."""
        raise NotImplementedError(f"{type(self).__name__} needs a method __call__(shape, dtype=None).")


class _Drawn(Initializer):
    """Is what Plait's own initializers derive from: each defines `_values`, and the rest follows."""

    def draw(self, shape: Sequence[int], dtype: Any, place: str) -> np.ndarray:
        """Returns the values, on the host, of the weight at this place of a model."""
        return self._values(tuple(shape), jnp.dtype(dtype), place)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> jax.Array:
        """Returns an array of this shape and dtype, by default the dtype that weights are kept in."""
        return jnp.asarray(self.draw(shape, policy.floatx() if dtype is None else dtype, ""))

    def _values(self, shape: tuple[int, ...], dtype: Any, place: str) -> np.ndarray:
        raise NotImplementedError


@registry.register
@dataclass(eq=False)
class Zeros(_Drawn):
    """Makes all elements 0."""

    def _values(self, shape: tuple[int, ...], dtype: Any, place: str) -> np.ndarray:
        return np.zeros(shape, dtype)


@registry.register
@dataclass(eq=False)
class Ones(_Drawn):
    """Makes all elements 1."""

    def _values(self, shape: tuple[int, ...], dtype: Any, place: str) -> np.ndarray:
        return np.ones(shape, dtype)


@registry.register
@dataclass(eq=False)
class Constant(_Drawn):
    """Makes all elements `value`, a number or an array that fits the shape, such as pretrained embeddings.

    Errors: ValueError, when it is drawn, if the array does not fit.
    """

    value: Any = 0.0

    def _values(self, shape: tuple[int, ...], dtype: Any, place: str) -> np.ndarray:
        values = np.asarray(self.value)
        reverse = zip(values.shape[::-1], shape[::-1], strict=False)
        if values.ndim > len(shape) or any(own not in (1, wanted) for own, wanted in reverse):
            raise ValueError(f"Constant has values of shape {values.shape}, which do not fit the shape {shape}.")
        return np.full(shape, values, dtype)


@registry.register
@dataclass(eq=False)
class Identity(_Drawn):
    """Makes `gain` times the identity matrix.

    Errors: ValueError, when it is drawn, for what is no matrix.
    """

    gain: float = 1.0

    def _values(self, shape: tuple[int, ...], dtype: Any, place: str) -> np.ndarray:
        if len(shape) != 2:
            raise ValueError(f"Identity needs a matrix to fill, got the shape {shape}.")
        return (self.gain * np.eye(shape[0], shape[1])).astype(dtype)


@registry.register
@dataclass(eq=False)
class RandomUniform(_Drawn):
    """Draws uniformly between `minval` and `maxval`.

    Args: seed: an integer for values that depend on it alone; None for values of the weight's own place.
    """

    minval: float = -0.05
    maxval: float = 0.05
    seed: int | None = None

    def _values(self, shape: tuple[int, ...], dtype: Any, place: str) -> np.ndarray:
        return _uniform(_source(place, self.seed), shape, dtype, self.minval, self.maxval)


@registry.register
@dataclass(eq=False)
class RandomNormal(_Drawn):
    """Draws from the normal distribution.

    Args: seed: an integer for values that depend on it alone; None for values of the weight's own place.
    """

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = None

    def _values(self, shape: tuple[int, ...], dtype: Any, place: str) -> np.ndarray:
        return _normal(_source(place, self.seed), shape, dtype, self.mean, self.stddev)


@registry.register
@dataclass(eq=False)
class TruncatedNormal(_Drawn):
    """Draws from the normal distribution, and draws again what is further than 2 `stddev` from the mean.

    Args: stddev: of the distribution before it is truncated; the values have 0.88 times as much.
          seed: an integer for values that depend on it alone; None for values of the weight's own place.
    """

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = None

    def _values(self, shape: tuple[int, ...], dtype: Any, place: str) -> np.ndarray:
        return _truncated_normal(_source(place, self.seed), shape, dtype, self.mean, self.stddev)


class _Scaled(_Drawn):
    """Draws values of mean 0 and variance `scale / fan`."""

    scale: float
    mode: str
    distribution: str
    seed: int | None
    input_axes: Sequence[int] | None
    output_axes: Sequence[int] | None

    def _values(self, shape: tuple[int, ...], dtype: Any, place: str) -> np.ndarray:
        fan_in, fan_out = fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, fan))
        source = _source(place, self.seed)
        if self.distribution == "uniform":
            limit = math.sqrt(3) * stddev
            return _uniform(source, shape, dtype, -limit, limit)
        if self.distribution == "untruncated_normal":
            return _normal(source, shape, dtype, 0.0, stddev)
        return _truncated_normal(source, shape, dtype, 0.0, stddev / _TRUNCATED_STDDEV)


@registry.register
@dataclass(eq=False)
class VarianceScaling(_Scaled):
    """Draws values whose variance fits the number of inputs and outputs of a layer.

    Args:   scale: the variance is `scale / fan`; > 0.
            mode: `"fan_in"`, `"fan_out"` or `"fan_avg"`, which fan.
            distribution: `"truncated_normal"` (also `"normal"`), `"untruncated_normal"` or `"uniform"`.
            seed: an integer for values that depend on it alone; None for values of the weight's own place.
            input_axes, output_axes: the axes of the weight to count the fans along, both or none.
    Errors: ValueError for a scale, mode or distribution that is none of these.
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"
    seed: int | None = None
    input_axes: Sequence[int] | None = None
    output_axes: Sequence[int] | None = None

    def __post_init__(self) -> None:
        if self.scale <= 0:
            raise ValueError(f"VarianceScaling needs a positive scale, got {self.scale!r}.")
        modes = ("fan_in", "fan_out", "fan_avg")
        if self.mode not in modes:
            raise errors.unknown("mode of VarianceScaling", self.mode, modes)
        distributions = ("truncated_normal", "untruncated_normal", "uniform")
        self.distribution = {"normal": "truncated_normal"}.get(self.distribution.lower(), self.distribution.lower())
        if self.distribution not in distributions:
            raise errors.unknown("distribution of VarianceScaling", self.distribution, distributions)


@registry.register
@dataclass(eq=False)
class GlorotUniform(_Scaled):
    """Draws uniformly between ±sqrt(6 / (fan_in + fan_out)).

    Source: X. Glorot and Y. Bengio, Understanding the difficulty of training deep networks, 2010, eq. 16.
    """

    seed: int | None = None
    input_axes: Sequence[int] | None = None
    output_axes: Sequence[int] | None = None

    scale, mode, distribution = 1.0, "fan_avg", "uniform"


@registry.register
@dataclass(eq=False)
class GlorotNormal(_Scaled):
    """Draws from the truncated normal distribution with variance 2 / (fan_in + fan_out).

    Source: X. Glorot and Y. Bengio, Understanding the difficulty of training deep networks, 2010, eq. 12.
    """

    seed: int | None = None
    input_axes: Sequence[int] | None = None
    output_axes: Sequence[int] | None = None

    scale, mode, distribution = 1.0, "fan_avg", "truncated_normal"


@registry.register
@dataclass(eq=False)
class HeUniform(_Scaled):
    """Draws uniformly between ±sqrt(6 / fan_in).

    Source: K. He et al., Delving Deep into Rectifiers, 2015, eq. 10.
    """

    seed: int | None = None
    input_axes: Sequence[int] | None = None
    output_axes: Sequence[int] | None = None

    scale, mode, distribution = 2.0, "fan_in", "uniform"


@registry.register
@dataclass(eq=False)
class HeNormal(_Scaled):
    """Draws from the truncated normal distribution with variance 2 / fan_in.

    Source: K. He et al., Delving Deep into Rectifiers, 2015, eq. 10.
    """

    seed: int | None = None
    input_axes: Sequence[int] | None = None
    output_axes: Sequence[int] | None = None

    scale, mode, distribution = 2.0, "fan_in", "truncated_normal"


@registry.register
@dataclass(eq=False)
class LecunUniform(_Scaled):
    """Draws uniformly between ±sqrt(3 / fan_in).

    Source: Y. LeCun et al., Efficient BackProp, 1998, section 4.6.
    """

    seed: int | None = None
    input_axes: Sequence[int] | None = None
    output_axes: Sequence[int] | None = None

    scale, mode, distribution = 1.0, "fan_in", "uniform"


@registry.register
@dataclass(eq=False)
class LecunNormal(_Scaled):
    """Draws from the truncated normal distribution with variance 1 / fan_in.

    Source: Y. LeCun et al., Efficient BackProp, 1998, section 4.6.
    """

    seed: int | None = None
    input_axes: Sequence[int] | None = None
    output_axes: Sequence[int] | None = None

    scale, mode, distribution = 1.0, "fan_in", "truncated_normal"


@registry.register
@dataclass(eq=False)
class Orthogonal(_Drawn):
    """Draws `gain` times a random orthogonal matrix, of the last axis by all others.

    Args:   seed: an integer for values that depend on it alone; None for values of the weight's own place.
    Errors: ValueError, when it is drawn, for a shape of fewer than two axes.
    Source: A. Saxe et al., Exact solutions to the nonlinear dynamics of learning, 2013.
    """

    gain: float = 1.0
    seed: int | None = None

    def _values(self, shape: tuple[int, ...], dtype: Any, place: str) -> np.ndarray:
        if len(shape) < 2:
            raise ValueError(f"Orthogonal needs a weight of two axes or more, got the shape {shape}.")
        columns = shape[-1]
        rows = math.prod(shape[:-1])
        normal = _normal(_source(place, self.seed), (max(rows, columns), min(rows, columns)), _wide(dtype), 0.0, 1.0)
        q, r = np.linalg.qr(normal)
        # QR leaves the signs of the columns open; a positive diagonal of R makes Q uniformly distributed.
        q *= np.where(np.diag(r) < 0, -self.gain, self.gain).astype(q.dtype)
        return (q if rows >= columns else q.T).reshape(shape).astype(dtype)


# As early versions of Keras 3 call it.
registry.register_as("keras.initializers", "OrthogonalInitializer", Orthogonal)


@registry.register
@dataclass(eq=False)
class STFT(_Drawn):
    """Makes the kernel of a convolution that computes a short-time Fourier transform, or one half of it.

    Shapes: (frame, 1, frequencies), for frames of `frame` samples and a transform of `2 * (frequencies - 1)`
    Args:   side: `"real"` for the cosines or `"imag"` for the sines.
            window: a name in `scipy.signal.windows`, one number per sample, or None for none.
            scaling: `"density"` for a window of norm 1, `"spectrum"` for one of sum 1, None to leave it.
            periodic: whether a named window is made to be repeated, rather than symmetric.
    Errors: ValueError for another side, window or scaling; when it is drawn, for a shape that is not such a kernel's.
    """

    side: str = "real"
    window: Any = "hann"
    scaling: str | None = "density"
    periodic: bool = False

    def __post_init__(self) -> None:
        if self.side not in _SIDES:
            raise errors.unknown("side of STFT", self.side, _SIDES)
        if self.scaling is not None and self.scaling not in _SCALES:
            raise errors.unknown("scaling of STFT", self.scaling, _SCALES)
        if isinstance(self.window, str):
            self._window(1)

    def _window(self, length: int) -> np.ndarray:
        if not isinstance(self.window, str):
            return np.asarray(self.window, float)
        try:
            return signal.get_window(self.window, length, self.periodic)
        except ValueError as error:
            raise ValueError(
                errors.explain(
                    f"STFT knows no window {self.window!r}.", "Take one of scipy.signal.windows, or an array."
                )
            ) from error

    def _values(self, shape: tuple[int, ...], dtype: Any, place: str) -> np.ndarray:
        if len(shape) != 3 or shape[1] != 1 or shape[2] < 2:
            raise ValueError(f"STFT needs a kernel of shape (frame, 1, two frequencies or more), got {shape}.")
        frame, _, frequencies = shape
        angles = -math.pi * np.outer(np.arange(frame), np.arange(frequencies)) / (frequencies - 1)
        kernel = _SIDES[self.side](angles)
        if self.window is not None:
            window = self._window(frame)
            if window.shape != (frame,):
                raise ValueError(f"STFT needs a window of shape ({frame},) for {shape}, got {window.shape}.")
            scale = 1.0 if self.scaling is None else _SCALES[self.scaling](window)
            kernel = kernel * window[:, None] / scale
        return kernel[:, None].astype(dtype)


_SIDES: dict[str, Callable[..., Any]] = {"real": np.cos, "imag": np.sin}
_SCALES: dict[str, Callable[[np.ndarray], Any]] = {
    "density": lambda window: np.sqrt(np.sum(window**2)),
    "spectrum": lambda window: np.sum(np.abs(window)),
}


@registry.register
@dataclass(eq=False)
class FromFunction(Initializer):
    """Lets a function `f(shape, dtype=None)` make the values."""

    function: Callable[..., Any]

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Returns what the function returns."""
        return self.function(shape, dtype=dtype)


def fans(
    shape: Sequence[int],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """Returns how many inputs an output of this weight depends on, and how many outputs an input goes to.

    Shapes: a convolution's kernel is (window..., features, filters), a matrix (features, units).
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    *window, features, units = shape
    return math.prod(window) * features, math.prod(window) * units


# The standard deviation of the standard normal distribution truncated at ±2.
_TRUNCATED_STDDEV = 0.87962566103423978


def _source(place: str, seed: int | None) -> np.random.Generator:
    return seeds.generator(place) if seed is None else seeds.generator("", seed)


def _wide(dtype: Any) -> Any:
    # NumPy draws float32 and float64; narrower floats are rounded from float32.
    return np.float64 if dtype == np.float64 else np.float32


def _filled(
    source: np.random.Generator,
    shape: Sequence[int],
    dtype: Any,
    fill: Callable[[np.random.Generator, np.ndarray], None],
) -> np.ndarray:
    numbers = memory.empty((math.prod(shape),), _wide(dtype))
    blocks = [numbers[start : start + _BLOCK] for start in range(0, numbers.size, _BLOCK)]
    streams = (np.random.Generator(source.bit_generator.jumped(i)) for i in range(len(blocks)))  # type: ignore[attr-defined]
    if len(blocks) > 1:
        with futures.ThreadPoolExecutor(min(len(blocks), os.cpu_count() or 1)) as threads:
            list(threads.map(fill, streams, blocks))
    else:
        list(map(fill, streams, blocks))
    return numbers.reshape(shape).astype(dtype, copy=False)


def _uniform(source: np.random.Generator, shape: Sequence[int], dtype: Any, minval: float, maxval: float) -> np.ndarray:
    def fill(stream: np.random.Generator, block: np.ndarray) -> None:
        stream.random(dtype=block.dtype, out=block)
        block *= maxval - minval
        block += minval

    return _filled(source, shape, dtype, fill)


def _normal(source: np.random.Generator, shape: Sequence[int], dtype: Any, mean: float, stddev: float) -> np.ndarray:
    def fill(stream: np.random.Generator, block: np.ndarray) -> None:
        stream.standard_normal(dtype=block.dtype, out=block)
        block *= stddev
        block += mean

    return _filled(source, shape, dtype, fill)


def _truncated_normal(
    source: np.random.Generator, shape: Sequence[int], dtype: Any, mean: float, stddev: float
) -> np.ndarray:
    def fill(stream: np.random.Generator, block: np.ndarray) -> None:
        stream.standard_normal(dtype=block.dtype, out=block)
        outside = np.flatnonzero(np.abs(block) > 2)
        while outside.size:
            block[outside] = stream.standard_normal(outside.size, dtype=block.dtype)
            outside = outside[np.abs(block[outside]) > 2]
        block *= stddev
        block += mean

    return _filled(source, shape, dtype, fill)


zeros = Zeros
ones = Ones
constant = Constant
identity = Identity
random_uniform = RandomUniform
random_normal = RandomNormal
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
glorot_uniform = GlorotUniform
glorot_normal = GlorotNormal
he_uniform = HeUniform
he_normal = HeNormal
lecun_uniform = LecunUniform
lecun_normal = LecunNormal
orthogonal = Orthogonal
stft = STFT
# As the classes were once called.
IdentityInitializer = Identity
OrthogonalInitializer = Orthogonal
STFTInitializer = STFT

_TABLE = {
    spelling: cls
    for cls in (
        *(Zeros, Ones, Constant, Identity, Orthogonal, STFT, RandomUniform, RandomNormal, TruncatedNormal),
        *(VarianceScaling, GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal),
    )
    for spelling in (cls.__name__, names.snake_case(cls.__name__))
} | {
    "zero": Zeros,
    "one": Ones,
    "uniform": RandomUniform,
    "normal": RandomNormal,
    "OrthogonalInitializer": Orthogonal,
    "IdentityInitializer": Identity,
    "STFTInitializer": STFT,
}


def get(identifier: Any) -> Initializer:
    """Returns the initializer of a name, a config, an object, an array, or a function `f(shape, dtype=None)`.

    Errors: ValueError for an unknown name; TypeError for what can be no initializer.
    """
    if isinstance(identifier, Initializer):
        return identifier
    if not isinstance(identifier, str) and isinstance(identifier, np.ndarray | jax.Array):
        return Constant(identifier)
    found = registry.get(identifier, _TABLE, "initializer")
    return found if isinstance(found, Initializer) else FromFunction(found)


def serialize(initializer: Any) -> Any:
    """Returns the config of an initializer."""
    return registry.serialize(initializer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Initializer:
    """Returns what `serialize` described, looked up among Plait's initializers and these objects.

    Errors: ValueError for a name that is not registered; nothing is imported.
    """
    with registry.custom_object_scope(custom_objects or {}):
        return get(config)
