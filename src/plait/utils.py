"""Small functions around models, under the names that `keras.utils` gives them."""

import gc

from plait.core import names
from plait.core.seeds import set_random_seed
from plait.data import (
    array_to_img,
    audio_dataset_from_directory,
    image_dataset_from_directory,
    img_to_array,
    load_img,
    save_img,
    text_dataset_from_directory,
    timeseries_dataset_from_array,
)
from plait.files.download import get_file
from plait.functional.sequences import normalize, pad_sequences, to_categorical
from plait.reports.drawing.drawing import model_to_dot, plot_model
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
from plait.training.feed.dataset import PyDataset

# The name it had in Keras 2.
Sequence = PyDataset

__all__ = [
    "CustomObjectScope",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "audio_dataset_from_directory",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "model_to_dot",
    "normalize",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
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
