"""The columns of a summary: what stands above them, how wide they are, and lines that keep to them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from plait.core import errors

HEADINGS = {
    "layer": "Layer (type)",
    "shape": "Output Shape",
    "params": "Param #",
    "connection": "Connected to",
    "trainable": "Trainable",
    "multiply_adds": "Multiply-Adds",
    "output_bytes": "Output Bytes",
}
# Of the columns that are asked for: the table becomes so much wider.
_WIDTHS = {"trainable": 11, "multiply_adds": 15, "output_bytes": 14}


class Layout(NamedTuple):
    """The columns of a table by what they show, how wide it is, and where each column ends."""

    columns: list[str]
    width: int
    ends: list[int]

    def line(self, cells: dict[str, str]) -> str:
        """Returns one line; a cell that is too long is cut, with a space before the next one."""
        line = ""
        for column, end in zip(self.columns, self.ends, strict=True):
            separated = f"{line[:-1]} " if line else ""
            line = f"{separated}{cells.get(column, '')}"[:end].ljust(end)
        return line


def layout(
    is_chain: bool, line_length: int | None, positions: Sequence[float] | None, further: Sequence[str]
) -> Layout:
    """Returns the columns and their measures.

    Args:   further: columns to the right of the usual ones.
    Errors: ValueError if a column has no room, or its end is missing or no number of characters.
    """
    columns = ["layer", "shape", "params"] if is_chain else ["layer", "shape", "params", "connection"]
    width = (65 if is_chain else 98) if line_length is None else line_length
    if not isinstance(width, int) or width < 1:
        raise ValueError(errors.explain(f"summary needs line_length in whole characters, got {width!r}."))
    given = list(positions if positions is not None else (0.45, 0.85, 1.0) if is_chain else (0.33, 0.55, 0.67, 1.0))
    numbers = all(isinstance(position, int | float) for position in given)
    scale = width if given and numbers and given[-1] <= 1 else 1
    ends = [int(scale * position) for position in given[: len(columns)]] if numbers else []
    if len(ends) < len(columns) or any(end <= before for before, end in pairwise([0, *ends])):
        raise ValueError(
            errors.explain(
                f"summary needs a column to end further right than the one before it, got positions {given} "
                f"on a line of {width} characters.",
                f"Columns of this table: {', '.join(HEADINGS[column] for column in columns)}.",
                "Give one end for each, in characters or as fractions up to 1, or leave positions out.",
            )
        )
    for column in further:
        width += _WIDTHS[column]
        columns.append(column)
        ends.append(width)
    return Layout(columns, width, ends)


def number(count: int) -> str:
    """Returns a number for a cell; what the column has no room for is rounded, and never cut."""
    return str(count) if count < 10**10 else f"{count:.3e}"
