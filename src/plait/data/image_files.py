"""One image: a file, a picture of Pillow's, an array."""

from __future__ import annotations

import io
import os
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from plait.core import errors
from plait.core.policy import floatx
from plait.data import checks, packages

# Pillow's names of the colors; of gray, pictures with more than 8 bits stay as they are.
MODES = {"grayscale": ("L", "I;16", "I"), "rgb": ("RGB",), "rgba": ("RGBA",)}
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Returns a picture of Pillow's, from a file.

    Args:   path: of the file; or its bytes in an `io.BytesIO`.
            color_mode: one of MODES.
            target_size: height and width; None for those in the file.
            interpolation: how Pillow changes the size, one of INTERPOLATIONS.
            keep_aspect_ratio: whether what does not fit is cut off, rather than the picture bent.
    Errors: ValueError for a wrong argument, or a file that is no image.
    """
    checks.one_of("color_mode", color_mode, MODES)
    checks.one_of("interpolation", interpolation, INTERPOLATIONS)
    if not isinstance(path, str | bytes | os.PathLike | io.BytesIO):
        raise TypeError(errors.explain(f"load_img needs a path or an io.BytesIO, got {errors.described(path)}."))
    pillow = packages.pillow()
    if not isinstance(path, io.BytesIO):
        with open(path, "rb") as file:
            content = io.BytesIO(file.read())
    else:
        content = path
    try:
        picture = in_colors(pillow.open(content), color_mode)
    except Exception as error:  # a broken file is an OSError, a SyntaxError, a struct.error …
        raise ValueError(errors.explain(f"The file {path!r} cannot be read as an image: {error}")) from error
    if target_size is None or picture.size == (target_size[1], target_size[0]):
        return picture
    box = _middle(picture.size, target_size) if keep_aspect_ratio else None
    return picture.resize((target_size[1], target_size[0]), pillow.Resampling[interpolation.upper()], box=box)


def in_colors(picture: Any, color_mode: str) -> Any:
    """Returns the picture in these colors, with its pixels read.

    Errors: what Pillow raises if it cannot decode them.
    """
    modes = MODES[color_mode]
    picture.load()
    return picture if picture.mode in modes else picture.convert(modes[0])


def _middle(size: tuple[int, int], target_size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Returns left, top, right and bottom of the largest part in the middle that is in the proportions of the target.

    Args: size: width and height. target_size: height and width.
    """
    width, height = size
    rows = min(height, width * target_size[0] // target_size[1])
    columns = min(width, height * target_size[1] // target_size[0])
    left, top = (width - columns) // 2, (height - rows) // 2
    return left, top, left + columns, top + rows


def img_to_array(img: Any, data_format: str | None = None, dtype: DTypeLike | None = None) -> np.ndarray:
    """Returns the pixels of a picture.

    Shapes: (height, width, channels), or channels first
    Args:   dtype: None for that of weights, float32 unless it was set.
    Errors: ValueError for what has not two or three axes.
    """
    checks.one_of("data_format", data_format or "channels_last", checks.DATA_FORMATS)
    array = np.asarray(img, dtype or floatx())
    if array.ndim not in (2, 3):
        raise ValueError(errors.explain(f"img_to_array needs one image, got an array of shape {array.shape}."))
    array = array[..., None] if array.ndim == 2 else array
    return array.transpose(2, 0, 1) if data_format == "channels_first" else array


def array_to_img(
    x: ArrayLike, data_format: str | None = None, scale: bool = True, dtype: DTypeLike | None = None
) -> Any:
    """Returns a picture of Pillow's with these pixels.

    Shapes: (height, width, channels), or channels first; 1, 3 or 4 channels
    Args:   scale: whether the least number becomes 0 and the largest 255; else these are what they are.
            dtype: to compute in; None for that of weights.
    Errors: ValueError for another shape.
    """
    checks.one_of("data_format", data_format or "channels_last", checks.DATA_FORMATS)
    array = np.asarray(x, dtype or floatx())
    if array.ndim == 3 and data_format == "channels_first":
        array = array.transpose(1, 2, 0)
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise ValueError(
            errors.explain(f"array_to_img needs one image of 1, 3 or 4 channels, got an array of shape {np.shape(x)}.")
        )
    if scale:
        array = array - array.min()
        array = array / (array.max() or 1) * 255
    pillow = packages.pillow()
    if array.shape[2] > 1:
        return pillow.fromarray(array.astype("uint8"))
    return pillow.fromarray(array[..., 0].astype("int32" if array.max() > 255 else "uint8"))


def save_img(
    path: Any,
    x: ArrayLike,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Writes an array to a file, as an image.

    Args:   path: of the file, or a file that is open.
            data_format, scale: see array_to_img.
            file_format: "png", "jpeg" …; None for what the path ends in.
            kwargs: for Pillow's `save`.
    Errors: ValueError for what is no image.
    """
    if file_format is None and isinstance(path, str | os.PathLike):
        file_format = os.path.splitext(os.fspath(path))[1][1:]
    file_format = "jpeg" if str(file_format).lower() == "jpg" else file_format
    picture = array_to_img(x, data_format, scale)
    if picture.mode == "RGBA" and str(file_format).lower() == "jpeg":
        warnings.warn("A JPEG file has no transparency: that of the image is left out.", UserWarning, stacklevel=2)
        picture = picture.convert("RGB")
    picture.save(path, format=file_format, **kwargs)
