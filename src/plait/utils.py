"""Small functions around models, under the names that `keras.utils` gives them."""

import gc

from plait.core import names
from plait.core.seeds import set_random_seed
from plait.functional.sequences import normalize, pad_sequences, to_categorical
from plait.saving import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from plait.training.asked import unpacked as unpack_x_y_sample_weight

__all__ = [
    "CustomObjectScope",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "normalize",
    "pad_sequences",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "to_categorical",
    "unpack_x_y_sample_weight",
]


def clear_session(free_memory: bool = True) -> None:
    """Lets automatic names count from 1 again.

    Args: free_memory: whether to collect models that nothing refers to any more now, rather than some time later.
    """
    names.clear()
    if free_memory:
        gc.collect()
