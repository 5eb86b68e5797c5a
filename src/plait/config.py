"""What holds for the whole process, under the names that `keras.config` gives it."""

import warnings

import jax

from plait.callbacks.printing import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from plait.core import compilation_cache, errors, memory
from plait.core.limits import max_epochs, max_steps_per_epoch, set_max_epochs, set_max_steps_per_epoch
from plait.core.policy import DTypePolicy, floatx, get, set_dtype_policy, set_floatx
from plait.functional import kernels
from plait.losses import arrays

__all__ = [
    "backend",
    "disable_flash_attention",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_flash_attention",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_interactive_logging_enabled",
    "is_nnx_enabled",
    "is_traceback_filtering_enabled",
    "max_epochs",
    "max_steps_per_epoch",
    "set_backend",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
    "show",
]


def backend() -> str:
    """Returns what computes: always `"jax"`."""
    return "jax"


def set_backend(backend: str) -> None:
    """Accepts `"jax"`, which computes anyway.

    Errors: ValueError for another one.
    """
    if backend != "jax":
        raise ValueError(
            errors.explain(
                f'Plait computes with "jax", got {backend!r}.',
                "Leave set_backend out; files in .keras format go between Plait and Keras on any backend.",
            )
        )


def is_nnx_enabled() -> bool:
    """Returns whether layers are modules of Flax's NNX: always False; `layers.NNXLayer` takes such a module."""
    return False


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


def enable_traceback_filtering() -> None:
    """Lets JAX leave its own lines out of tracebacks, as it does anyway."""
    jax.config.update("jax_traceback_filtering", "auto")


def disable_traceback_filtering() -> None:
    """Lets tracebacks have JAX's own lines, too; those of Plait are always there."""
    jax.config.update("jax_traceback_filtering", "off")


def is_traceback_filtering_enabled() -> bool:
    """Whether JAX leaves its own lines out of tracebacks."""
    return jax.config.values["jax_traceback_filtering"] != "off"


_flash_attention: bool | None = None


def enable_flash_attention() -> None:
    """Notes the wish, for `is_flash_attention_enabled`: XLA chooses how attention is computed."""
    global _flash_attention
    _flash_attention = True


def disable_flash_attention() -> None:
    """Notes the wish, for `is_flash_attention_enabled`: XLA chooses how attention is computed."""
    global _flash_attention
    _flash_attention = False


def is_flash_attention_enabled() -> bool | None:
    """Returns the wish that was noted, None if there was none."""
    return _flash_attention


def enable_unsafe_deserialization() -> None:
    """Warns that it changes nothing: no code in a file is ever run."""
    warnings.warn(
        "enable_unsafe_deserialization changes nothing: Plait runs no code in a file, and has no setting that lets it. "
        "Register what a config names by @plait.saving.register_keras_serializable(), or pass it in custom_objects.",
        UserWarning,
        stacklevel=2,
    )
