"""Data on disk, batch by batch: readers over grain, and the names that Keras and tf.data give what is done with them.

May import: core. Start reading at `batches.py`, what every reader gives; then `arrays.py`, and `folders.py`, which
`images.py`, `texts.py` and `sounds.py` are made with.
"""

from plait.data.arrays import from_arrays
from plait.data.batches import AUTOTUNE, Batches
from plait.data.image_files import array_to_img, img_to_array, load_img, save_img
from plait.data.images import image_dataset_from_directory
from plait.data.sounds import audio_dataset_from_directory
from plait.data.splitting import split_dataset
from plait.data.texts import text_dataset_from_directory
from plait.data.timeseries import timeseries_dataset_from_array

__all__ = [
    "AUTOTUNE",
    "Batches",
    "array_to_img",
    "audio_dataset_from_directory",
    "from_arrays",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "save_img",
    "split_dataset",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]
