"""Small functions around models, under the names that `keras.utils` gives them."""

import gc
from typing import TYPE_CHECKING, Any

import numpy as np

from plait.callbacks.printing import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from plait.callbacks.progbar import Progbar
from plait.core import lazy, names
from plait.core.dtypes import standardize_dtype
from plait.core.named import Config
from plait.core.seeds import set_random_seed
from plait.data import (
    array_to_img,
    audio_dataset_from_directory,
    image_dataset_from_directory,
    img_to_array,
    load_img,
    save_img,
    split_dataset,
    text_dataset_from_directory,
    timeseries_dataset_from_array,
)
from plait.files.download import get_file
from plait.functional.sequences import normalize, pad_sequences, to_categorical
from plait.graph import walks
from plait.graph.tensor import is_symbolic
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
from plait.training.asked import packed as pack_x_y_sample_weight
from plait.training.asked import unpacked as unpack_x_y_sample_weight
from plait.training.feed.dataset import PyDataset

if TYPE_CHECKING:
    from plait import ops
    from plait.reports.drawing.drawing import model_to_dot as model_to_dot
    from plait.reports.drawing.drawing import plot_model as plot_model
else:
    # Most that is here needs none of its functions, and most scripts draw no model.
    ops = lazy.Module("plait.ops")
    __getattr__, _ = lazy.exports(__name__, __file__)

# The name it had in Keras 2.
Sequence = PyDataset

__all__ = [
    "Config",
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "audio_dataset_from_directory",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "load_img",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "smart_resize",
    "split_dataset",
    "standardize_dtype",
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


def is_keras_tensor(x: Any) -> bool:
    """Whether this is a symbolic tensor."""
    return is_symbolic(x)


def get_source_inputs(tensor: Any) -> Any:
    """Returns the list of the tensors that a symbolic tensor is computed from in the end; anything else as it is."""
    return walks.sources(tensor) if is_symbolic(tensor) else tensor


def smart_resize(x: Any, size: Any, interpolation: str = "bilinear", data_format: str = "channels_last") -> Any:
    """Returns images of another height and width; of each it takes the largest part in the middle that is not bent.

    Shapes: (height, width, channels) or (batch, height, width, channels), channels before height if they are first
    Args:   size: (height, width).
            interpolation, data_format: as for `ops.image.resize`.
    Errors: ValueError for a wrong argument or rank.
    """
    resized = ops.image.resize(x, size, interpolation, crop_to_aspect_ratio=True, data_format=data_format)
    return np.asarray(resized) if isinstance(x, np.ndarray) else resized
