"""What a picture is made of: shapes, in points from its upper left corner."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Place: TypeAlias = tuple[float, float]
# A letter of SVG's paths, M, L, Q, C or Z, and the places it goes to.
Command: TypeAlias = tuple[str, tuple[Place, ...]]

# Of paths, and of the edges of rectangles.
LINE_WIDTH, EDGE_WIDTH = 1.4, 1.0


class Rectangle(NamedTuple):
    """A rectangle with round corners; colours are as in CSS, None for no edge."""

    left: float
    top: float
    width: float
    height: float
    fill: str
    edge: str | None = None
    radius: float = 0.0
    is_dashed: bool = False


class Text(NamedTuple):
    """A line of text on its baseline; x is its left end, or its middle."""

    x: float
    y: float
    content: str
    size: float
    fill: str
    is_bold: bool = False
    is_centred: bool = False


class Path(NamedTuple):
    """A line, or what it goes around; None for no line, and for nothing around it."""

    commands: tuple[Command, ...]
    stroke: str | None = None
    fill: str | None = None


Shape: TypeAlias = Rectangle | Text | Path


class Picture(NamedTuple):
    """Shapes, each drawn over those before it."""

    title: str
    width: float
    height: float
    shapes: list[Shape]
