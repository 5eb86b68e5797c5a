"""Models drawn: into a file, in a notebook, or for Graphviz. Keras's `plot_model` and `model_to_dot`."""

from __future__ import annotations

import math
import numbers
import os
import pathlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from plait.core import errors
from plait.graph.layer import Layer
from plait.reports.drawing import raster
from plait.reports.drawing.diagram import Diagram, diagram_of
from plait.reports.drawing.dot import dot_of
from plait.reports.drawing.lines import SPLINES
from plait.reports.drawing.picture import DIRECTIONS, picture_of
from plait.reports.drawing.shapes import Picture
from plait.reports.drawing.svg import svg_of
from plait.reports.drawing.wording import Shown

_OF_DOT = ("dot", "gv", "raw")
_FORMATS = ("svg", *raster.FORMATS, *_OF_DOT)


class Drawing:
    """A model drawn. A notebook shows it, `write` makes a file of it, and as text it is what Graphviz reads."""

    def __init__(self, diagram: Diagram, rankdir: str, splines: str, dpi: float, is_subgraph: bool = False) -> None:
        self.diagram = diagram
        self.rankdir = rankdir
        self.splines = splines
        self.dpi = dpi
        self.is_subgraph = is_subgraph

    @cached_property
    def picture(self) -> Picture:
        """The shapes it is made of."""
        return picture_of(self.diagram, self.rankdir, self.splines)

    @property
    def svg(self) -> str:
        """The text of an SVG file."""
        return svg_of(self.picture)

    @property
    def source(self) -> str:
        """The text of a DOT file."""
        return dot_of(self.diagram, self.rankdir, self.splines, self.dpi, self.is_subgraph)

    def to_string(self) -> str:
        """Returns the text of a DOT file."""
        return self.source

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"<Drawing of {self.diagram.title}>"

    def _repr_svg_(self) -> str:
        return self.svg

    def create(self, prog: Any = None, format: str = "svg") -> bytes:
        """Returns what a file of it holds.

        Args:   prog: in Keras the program of Graphviz's to run; here none is.
                format: "svg", "png", "pdf", "jpg", "webp" or "eps"; "dot" or "raw" for Graphviz.
        Errors: ValueError for another format; ImportError if Matplotlib, which SVG and DOT do without, is not there.
        """
        if format not in _FORMATS:
            raise errors.unknown("format of a drawing", format, _FORMATS)
        if format in _OF_DOT:
            return self.source.encode()
        return self.svg.encode() if format == "svg" else raster.drawn(self.picture, format, self.dpi)

    def write(self, path: str | os.PathLike[str], prog: Any = None, format: str = "raw") -> None:
        """Writes a file.

        Args:   prog, format: as for `create`; without a format it is for Graphviz.
        Errors: as `create`; OSError if it cannot be written.
        """
        content = self.create(prog, format)
        try:
            pathlib.Path(path).write_bytes(content)
        except OSError as error:
            raise type(error)(errors.explain(f"{os.fspath(path)!r} cannot be written: {error.strerror}.")) from error


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] | None = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    layer_range: Sequence[str] | None = None,
) -> Drawing:
    """Draws a model into a file, and returns the drawing, which a notebook shows.

    Boxes are layers, and functions of `plait.ops`, one for all calls of a layer; arrows are tensors. A model with a
    `call` of its own is one box.

    Args:   to_file: ends with ".svg" or, if Matplotlib is installed, ".png", ".pdf", ".jpg", ".webp" or ".eps", or with
                ".dot" for Graphviz; without an ending it is a PNG. None writes nothing.
            show_shapes: whether to show the shapes of what layers take and give; None is a size that varies.
            show_dtype: whether to show the dtypes of what they give.
            show_layer_names: whether to show names beside classes.
            rankdir: where arrows go: "TB" from top to bottom, "BT" up, "LR" from left to right, "RL" to the left.
            expand_nested: whether a model used as a layer is a frame with its layers, rather than one box.
            dpi: pixels per inch, of which the letters of a title are a sixth; for images of pixels.
            show_layer_activations: whether to show the activations of layers that have one.
            show_trainable: whether to show if layers with weights are trained.
            splines: how arrows go: "ortho" round corners, "line" or "polyline" straight, "spline" or "curved" bent.
            layer_range: names of the first and last layer to draw, or regular expressions for how they begin.
    Errors: TypeError for what is no model; ValueError if it is not built, or an argument is none of these; ImportError
            if Matplotlib is needed and not installed; OSError if the file cannot be written.
    """
    format = "" if to_file is None else _format_of(to_file)
    drawing = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
        layer_range=layer_range,
    )
    if to_file is not None:
        drawing.write(to_file, format=format)
    return drawing


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    layer_range: Sequence[str] | None = None,
) -> Drawing:
    """Returns a model drawn; as text it is what Graphviz reads.

    Args:   subgraph: whether the text is that of a cluster, to stand in another graph.
            (and the arguments of `plot_model`)
    Errors: as `plot_model`, but for files.
    """
    _check(model, rankdir, splines, dpi)
    shown = Shown(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    return Drawing(diagram_of(model, shown, expand_nested, layer_range), rankdir, splines, dpi, subgraph)


def _check(model: Any, rankdir: Any, splines: Any, dpi: Any) -> None:
    # A model, known by its operations: its class stands on a floor above.
    if not isinstance(model, Layer) or not hasattr(model, "operations"):
        raise TypeError(
            errors.explain(f"A model is drawn, got {errors.described(model)}.", "For example: plot_model(model).")
        )
    if rankdir not in DIRECTIONS:
        raise errors.unknown("rankdir", rankdir, DIRECTIONS)
    if splines not in SPLINES:
        raise errors.unknown("splines", splines, SPLINES)
    if isinstance(dpi, bool) or not isinstance(dpi, numbers.Real) or not 0 < float(dpi) < math.inf:
        raise ValueError(errors.explain(f"dpi is a number of pixels per inch, got {dpi!r}.", "For example: dpi=200."))


def _format_of(path: str | os.PathLike[str]) -> str:
    format = pathlib.Path(path).suffix[1:].lower() or "png"
    if format not in _FORMATS:
        endings = [f".{one}" for one in _FORMATS if one != "raw"]
        raise errors.unknown("ending of a file for a drawing", f".{format}", endings)
    return format
