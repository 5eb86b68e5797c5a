"""Images in a folder, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from plait.core import errors
from plait.data import checks, image_files, packages, resampling
from plait.data.batches import Batches
from plait.data.folders import Folder

FILES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: int | tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Batches | list[Batches]:
    """Returns batches of images, of one size and in floats from 0 to 255, with the labels of their folders.

    Shapes: (batch, height, width, channels), labels (batch,), (batch, 1) if binary, (batch, classes) if categorical
    Args:   directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset,
            follow_links, verbose: see `plait.data.folders.Folder`.
            color_mode: "grayscale", "rgb" or "rgba".
            image_size: height and width, or one number for both.
            interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5", without antialiasing.
            crop_to_aspect_ratio, pad_to_aspect_ratio: whether what does not fit is cut off, or margins of 0 are added,
            rather than the image bent.
            data_format: "channels_first" for (batch, channels, height, width).
            format: taken; the batches are the same.
    Errors: ValueError for a wrong argument, before anything is read; or for a file that is no image.
    """
    checks.one_of("color_mode", color_mode, image_files.MODES)
    checks.one_of("interpolation", str(interpolation).lower(), resampling.METHODS)
    checks.one_of("data_format", data_format or "channels_last", checks.DATA_FORMATS)
    checks.one_of("format", format, checks.FORMATS)
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    if not isinstance(size, list | tuple) or len(size) != 2:
        raise ValueError(errors.explain(f"image_size is a height and a width, or one number, got {image_size!r}."))
    checks.positive("image_dataset_from_directory", **{"the height in image_size": size[0], "the width": size[1]})
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            errors.explain("An image is either cropped or padded to the aspect ratio, not both: choose one.")
        )
    folder = Folder(directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset,
                    follow_links, verbose)  # fmt: skip
    pillow = packages.pillow()
    height_and_width = (int(size[0]), int(size[1]))

    def load(path: str) -> np.ndarray:
        with pillow.open(path) as picture:
            pixels = np.asarray(image_files.in_colors(picture, color_mode), np.float32)
        image = pixels[..., None] if pixels.ndim == 2 else pixels
        if crop_to_aspect_ratio:
            image = resampling.crop_to_aspect_ratio(image, height_and_width)
        elif pad_to_aspect_ratio:
            image = resampling.pad_to_aspect_ratio(image, height_and_width)
        image = resampling.resize(image, height_and_width, interpolation.lower())
        return image.transpose(2, 0, 1) if data_format == "channels_first" else image

    return folder.batches(load, FILES, "images")
