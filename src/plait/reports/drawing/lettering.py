"""How wide texts are, in a sans serif font that the reader of a picture may not have."""

from __future__ import annotations

import unicodedata

# In sizes of the font, as DejaVu Sans has them: among usual fonts none is wider.
_WIDTHS = {**dict.fromkeys("ijl|!'.,:; ", 0.34), **dict.fromkeys('ft()[]r-"I/\\', 0.42), **dict.fromkeys("mwMW@%", 1.0)}
_WIDTHS |= dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ<>=+~#&", 0.8)
_WIDTH = 0.64
_FULL_WIDTH = 1.05
_BOLD = 1.12


def width_of(text: str, size: float, is_bold: bool = False) -> float:
    """Returns about how wide a text is at most, in the unit of the font's size."""
    return size * (_BOLD if is_bold else 1.0) * sum(map(_width_of_letter, text))


def _width_of_letter(letter: str) -> float:
    is_full = unicodedata.east_asian_width(letter) in ("W", "F")
    return _FULL_WIDTH if is_full else _WIDTHS.get(letter, _WIDTH if letter.isascii() else 0.9)
