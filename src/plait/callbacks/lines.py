"""The line that shows how far something is: rewritten in a terminal, changed in a notebook, written once in a file."""

from __future__ import annotations

import importlib
import os
import shutil
from typing import Any

from plait.callbacks import printing

_CELLS = 20


def of(verbose: int, cells: int = _CELLS) -> Line:
    """Returns the line for what standard output is now; one that nobody sees for a `verbose` of 0.

    Args: cells: how many characters the picture has.
    """
    if not verbose:
        return Line(cells)
    if verbose == 1 and printing.is_notebook():
        return InNotebook(cells)
    if verbose == 1 and printing.is_terminal():
        return InTerminal(cells)
    return InFile(cells)


class Line:
    """One that nobody sees.

    moves: whether it can be seen while it changes, and not only when it is whole.
    """

    moves = False

    def __init__(self, cells: int) -> None:
        self.cells = cells

    def begin(self, title: str) -> None:
        """Takes what the line is about, e.g. "Epoch 1/5"; "" for nothing."""

    def show(self, count: str, fraction: float | None, facts: str) -> None:
        """Shows the line as it is now.

        Args: count: of steps, e.g. "12/25".
              fraction: of them that are done; None for no picture of it.
              facts: the rest.
        """

    def end(self, count: str, fraction: float | None, facts: str) -> None:
        """Shows the line for the last time, and leaves it."""

    def close(self) -> None:
        """Takes away what is no longer of use after the last line."""


class InFile(Line):
    """One that is written when it is whole, with its title in front and no character that commands a terminal."""

    _title = ""

    def begin(self, title: str) -> None:
        """Takes the title."""
        self._title = title

    def end(self, count: str, fraction: float | None, facts: str) -> None:
        """Writes the line."""
        printing.write(f"{self._text(count, fraction, facts)}\n")

    def _text(self, count: str, fraction: float | None, facts: str) -> str:
        line = _joined(count, _cells(fraction, self.cells), facts)
        return f"{self._title} - {line}" if self._title else line


class InNotebook(InFile):
    """One in a display that stays the same for all lines of a run; those that are whole are written below it."""

    moves = True
    _display: Any = None

    def show(self, count: str, fraction: float | None, facts: str) -> None:
        """Changes the display, or makes it."""
        self._put(self._text(count, fraction, facts))

    def close(self) -> None:
        """Leaves nothing in the display, if there is one."""
        if self._display is not None:
            self._put("")

    def _put(self, text: str) -> None:
        content = {"text/plain": text}
        if self._display is None:
            # Imported already, as we are in it.
            shown = importlib.import_module("IPython.display")
            self._display = shown.display(content, raw=True, display_id=True)
        else:
            self._display.update(content, raw=True)


class InTerminal(Line):
    """One that is rewritten, below its title."""

    moves = True
    _columns = 0

    def begin(self, title: str) -> None:
        """Writes the title."""
        self._columns = 0
        if title:
            printing.write(f"{title}\n")

    def show(self, count: str, fraction: float | None, facts: str) -> None:
        """Rewrites the line."""
        cells = _cells(fraction, self.cells)
        # A line that wraps could not be rewritten.
        room = shutil.get_terminal_size().columns - 1 - len(f"{_joined(count, cells)} ")
        self._rewrite(count, cells, facts[: max(0, room)])

    def end(self, count: str, fraction: float | None, facts: str) -> None:
        """Rewrites the line, whole."""
        self._rewrite(count, _cells(fraction, self.cells), facts, "\n")

    def _rewrite(self, count: str, cells: str, facts: str, end: str = "") -> None:
        columns = len(_joined(count, cells, facts))
        leftover = " " * (self._columns - columns)
        printing.write(f"\r{_joined(count, _coloured(cells), facts)}{leftover}{end}")
        self._columns = columns


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _cells(fraction: float | None, cells: int) -> str:
    """Returns a picture of a fraction, e.g. ━━━━━━━━━━──────────."""
    if fraction is None:
        return ""
    full = int(cells * fraction)
    done, left = "━─" if printing.can_show("━─") else "=."
    return done * full + left * (cells - full)


def _coloured(cells: str) -> str:
    """Returns the picture with its parts told apart by colours, where there are colours."""
    if "NO_COLOR" in os.environ or not cells.startswith(("━", "─")):
        return cells
    green, grey, normal = "\x1b[32m", "\x1b[90m", "\x1b[0m"
    full = cells.count("━")
    return f"{green}{'━' * full}{grey}{'━' * (len(cells) - full)}{normal}"
