"""What commands say about files: no letter in it commands the terminal, and errors are sentences."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator


def printable(text: str) -> str:
    """Returns a text with a sign in place of each letter that cannot be seen: a file may hold anything."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


@contextlib.contextmanager
def explained(command: str) -> Iterator[None]:
    """Ends the process with what an error about a file says.

    Errors: SystemExit with 2.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        # The line of the caller's is of no use to who has written none.
        said = [line for line in str(error).splitlines() if not line.strip().startswith("Called at ")]
        print(f"plait {command}:", "\n".join(map(printable, said)), file=sys.stderr)
        raise SystemExit(2) from error
