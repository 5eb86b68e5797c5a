"""Standard output: a terminal, a notebook, a file, or nothing any more."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from typing import TextIO

# Takes what is not to be written to standard output.
_logger = logging.getLogger("plait")
_is_interactive = True
# The output whose last line has no end yet, as that of a progress bar in a terminal.
_unfinished: TextIO | None = None


def write(text: str) -> None:
    """Writes to standard output at once; that nobody can read it any more is no reason to end training."""
    global _unfinished
    if not _is_interactive:
        _logger.info(text.strip())
        return
    stream = _stdout()
    if stream:
        with contextlib.suppress(BrokenPipeError):
            stream.write(text)
            stream.flush()
        _unfinished = None if text.endswith("\n") else stream


def say(line: str) -> None:
    """Writes a line of its own, below the progress bar if that is under way."""
    is_below = _unfinished is not None and _unfinished is _stdout()
    write(f"\n{line}\n" if is_below else f"{line}\n")


def enable_interactive_logging() -> None:
    """Lets progress and what callbacks say go to standard output, as they do anyway."""
    global _is_interactive
    _is_interactive = True


def disable_interactive_logging() -> None:
    """Lets progress and what callbacks say go to the logger "plait" of Python's `logging`, a line at a time."""
    global _is_interactive
    _is_interactive = False


def is_interactive_logging_enabled() -> bool:
    """Whether progress and what callbacks say go to standard output."""
    return _is_interactive


def is_terminal() -> bool:
    """Returns whether standard output is a terminal, where a carriage return leads back to the start of the line."""
    # An object put in the place of stdout need have no more than write and flush.
    return _is_interactive and getattr(_stdout(), "isatty", bool)()


def is_notebook() -> bool:
    """Returns whether standard output is that of a kernel of IPython, which can also show what it may change later."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    # A file, or text in memory, is where somebody has redirected it to.
    is_redirected = not _is_interactive or _stdout() is None or isinstance(_stdout(), io.TextIOWrapper | io.StringIO)
    return getattr(shell, "kernel", None) is not None and not is_redirected


def can_show(text: str) -> bool:
    """Returns whether the encoding of standard output has these characters."""
    try:
        text.encode(getattr(_stdout(), "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _stdout() -> TextIO | None:
    """Returns standard output; None in a program without a console, and once it is closed."""
    return None if getattr(sys.stdout, "closed", False) else sys.stdout
