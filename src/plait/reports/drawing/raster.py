"""A picture as an image of pixels, or as PDF: Matplotlib draws the shapes."""

from __future__ import annotations

import importlib
import io
import math
import warnings
from typing import Any

from plait.core import errors
from plait.reports.drawing.shapes import EDGE_WIDTH, LINE_WIDTH, Path, Picture, Rectangle, Shape, Text

_OF_PIXELS = ("png", "jpg", "jpeg", "webp")
FORMATS = (*_OF_PIXELS, "pdf", "eps")
_POINTS_PER_INCH = 72.0
# What programs open: JPEG has no longer sides, and Pillow takes more pixels for an attack.
_LONGEST_SIDE, _MOST_PIXELS = 65_000, 170_000_000
# Matplotlib's names of commands.
_CODES = {"M": "MOVETO", "L": "LINETO", "Q": "CURVE3", "C": "CURVE4", "Z": "CLOSEPOLY"}


def drawn(picture: Picture, format: str, dpi: float) -> bytes:
    """Returns what a file of this format holds.

    Args:   format: one of FORMATS.
            dpi: pixels per inch, of 72 points; where there would be too many, it is fewer, and a warning says so.
    Errors: ImportError if Matplotlib is not installed.
    """
    _check_matplotlib(format)
    if format in _OF_PIXELS:
        dpi = _fitting(picture, dpi)
    written = io.BytesIO()
    # The user's settings are for plots, and would change fonts, margins, or what a text means.
    with importlib.import_module("matplotlib.style").context("default"):
        _figure(picture, dpi).savefig(written, format=format)
    return written.getvalue()


def _check_matplotlib(format: str) -> None:
    try:
        importlib.import_module("matplotlib")
    except ImportError as error:
        raise ImportError(
            errors.explain(
                f"A model is drawn as .{format} by the package matplotlib, which cannot be imported: {error}.",
                "To install it: pip install 'plait[plot]'",
                'A name that ends with .svg needs no package: plot_model(model, "model.svg").',
            )
        ) from error


def _fitting(picture: Picture, dpi: float) -> float:
    """Returns the pixels per inch, fewer if the picture would be too large."""
    width, height = picture.width * dpi / _POINTS_PER_INCH, picture.height * dpi / _POINTS_PER_INCH
    part = min(1.0, _LONGEST_SIDE / max(width, height), math.sqrt(_MOST_PIXELS / (width * height)))
    if part < 1:
        warnings.warn(
            errors.explain(
                f"The picture would have {width:,.0f} x {height:,.0f} pixels: it is drawn with {dpi * part:.0f} dpi.",
                "As .svg or .pdf it can be as large as it is.",
            ),
            stacklevel=2,
        )
    return dpi * part


def _figure(picture: Picture, dpi: float) -> Any:
    size = (picture.width / _POINTS_PER_INCH, picture.height / _POINTS_PER_INCH)
    figure = importlib.import_module("matplotlib.figure").Figure(figsize=size, dpi=dpi)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, picture.width), ylim=(picture.height, 0))
    axes.set_axis_off()
    for order, shape in enumerate(picture.shapes):
        artist = _artist(shape)
        artist.set_zorder(order)
        axes.add_artist(artist)
    return figure


def _artist(shape: Shape) -> Any:
    patches = importlib.import_module("matplotlib.patches")
    if isinstance(shape, Rectangle):
        return patches.FancyBboxPatch(
            (shape.left, shape.top),
            shape.width,
            shape.height,
            boxstyle=f"round,pad=0,rounding_size={shape.radius}",
            facecolor=shape.fill,
            edgecolor=shape.edge or "none",
            linewidth=EDGE_WIDTH if shape.edge else 0,
            linestyle=(0, (5, 3)) if shape.is_dashed else "solid",
        )
    if isinstance(shape, Text):
        return importlib.import_module("matplotlib.text").Text(
            shape.x,
            shape.y,
            shape.content,
            fontsize=shape.size,
            fontweight="bold" if shape.is_bold else "normal",
            color=shape.fill,
            horizontalalignment="center" if shape.is_centred else "left",
            parse_math=False,
        )
    return patches.PathPatch(
        _path(shape),
        facecolor=shape.fill or "none",
        edgecolor=shape.stroke or "none",
        linewidth=LINE_WIDTH if shape.stroke else 0,
    )


def _path(shape: Path) -> Any:
    path = importlib.import_module("matplotlib.path").Path
    vertices: list[tuple[float, float]] = []
    codes: list[int] = []
    for letter, places in shape.commands:
        # What closes a line has a place too, which counts for nothing.
        places = places or ((0.0, 0.0),)
        vertices += places
        codes += [getattr(path, _CODES[letter])] * len(places)
    return path(vertices, codes)
