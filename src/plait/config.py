"""What holds for the whole process, under the names that `keras.config` gives it."""

from plait.core import compilation_cache, errors, memory
from plait.core.policy import DTypePolicy, floatx, get, set_dtype_policy, set_floatx
from plait.functional import kernels
from plait.losses import arrays

__all__ = [
    "backend",
    "dtype_policy",
    "epsilon",
    "floatx",
    "image_data_format",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "show",
]


def backend() -> str:
    """Returns what computes: always `"jax"`."""
    return "jax"


def dtype_policy() -> DTypePolicy:
    """Returns the policy of layers that are given none."""
    return get()


def show() -> None:
    """Prints what Plait has set up in this process: kernels, memory, the cache of compiled programs."""
    print(f"compiled kernels     {kernels.state()}")
    print(f"memory               {memory.state()}")
    print(f"compiled programs    {compilation_cache.state()}")


def epsilon() -> float:
    """Returns the small number that losses keep logarithms and quotients finite with, 1e-7 unless it was set."""
    return arrays.EPSILON


def set_epsilon(value: float) -> None:
    """Sets that number, for models compiled from now on."""
    arrays.EPSILON = float(value)


def image_data_format() -> str:
    """Returns where images have their channels unless a layer is told otherwise: always `"channels_last"`."""
    return "channels_last"


def set_image_data_format(data_format: str) -> None:
    """Accepts `"channels_last"`, which holds anyway.

    Errors: ValueError for another format: it is given to the layers that need it.
    """
    if data_format != "channels_last":
        raise ValueError(
            errors.explain(
                f'The format of images is "channels_last" throughout the process, got {data_format!r}.',
                'Give data_format="channels_first" to each layer that takes such images, '
                "or move the channels to the end: numpy.moveaxis(images, 1, -1).",
            )
        )
