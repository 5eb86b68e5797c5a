"""A picture as SVG, which browsers and notebooks show."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from plait.reports.drawing.shapes import EDGE_WIDTH, LINE_WIDTH, Command, Picture, Rectangle, Shape, Text

_FONTS = "Helvetica, Arial, 'DejaVu Sans', sans-serif"


def svg_of(picture: Picture) -> str:
    """Returns the text of an SVG file."""
    width, height = _number(picture.width), _number(picture.height)
    size = f'width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}"'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{_FONTS}">'
    inside = [_tag("title", picture.title), *map(_element, picture.shapes)]
    return "\n".join([start, *inside, "</svg>", ""])


def _element(shape: Shape) -> str:
    if isinstance(shape, Rectangle):
        return _tag(
            "rect",
            x=shape.left,
            y=shape.top,
            width=shape.width,
            height=shape.height,
            rx=shape.radius or None,
            fill=shape.fill,
            stroke=shape.edge,
            stroke_width=EDGE_WIDTH if shape.edge else None,
            stroke_dasharray="5 3" if shape.is_dashed else None,
        )
    if isinstance(shape, Text):
        return _tag(
            "text",
            shape.content,
            x=shape.x,
            y=shape.y,
            font_size=shape.size,
            font_weight="bold" if shape.is_bold else None,
            text_anchor="middle" if shape.is_centred else None,
            fill=shape.fill,
        )
    return _tag(
        "path",
        d=" ".join(map(_command, shape.commands)),
        fill=shape.fill or "none",
        stroke=shape.stroke,
        stroke_width=LINE_WIDTH if shape.stroke else None,
    )


def _command(command: Command) -> str:
    letter, places = command
    return letter + " ".join(_number(number) for place in places for number in place)


def _tag(name: str, content: str | None = None, **attributes: str | float | None) -> str:
    """Returns an element; attributes that are None are left out."""
    said = "".join(
        f" {attribute.replace('_', '-')}={quoteattr(value if isinstance(value, str) else _number(value))}"
        for attribute, value in attributes.items()
        if value is not None
    )
    return f"<{name}{said}/>" if content is None else f"<{name}{said}>{escape(content)}</{name}>"


def _number(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
