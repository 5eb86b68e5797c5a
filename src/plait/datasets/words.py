"""Texts as lists of the numbers of their words: which are kept, and as which numbers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from plait.core import errors
from plait.datasets import sources, splits

_Texts = list[list[int]]


@dataclass(frozen=True)
class Words:
    """Encodes texts whose words have the numbers 1, 2 … by how common they are.

    Args:   num_words: where unknown words begin: those that have this number or a higher one after `index_from` was
            added; None or 0 for the highest that occurs, so that its word is unknown too.
            skip_top: words with a number below this one are unknown, and so may the start be.
            maxlen: texts of this length or longer, the start included, are left out; None or 0 keeps all.
            start_char: what each text begins with; None for nothing.
            oov_char: what unknown words become; with None they are left out.
            index_from: what is added to the numbers of words, to make room for 0 (padding), start and unknown.
    Errors: ValueError for a number of words below 0.
    """

    num_words: int | None
    skip_top: int
    maxlen: int | None
    start_char: int | None
    oov_char: int | None
    index_from: int | None

    def __post_init__(self) -> None:
        for name in ("num_words", "skip_top", "maxlen"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int | float | np.number) and value >= 0):
                raise ValueError(errors.explain(f"{name} is a number of words, not below 0, got {value!r}."))

    def encoded(self, *parts: splits.Examples) -> list[splits.Examples]:
        """Returns the parts, each of texts and labels, with the texts as arrays of lists.

        Errors: ValueError if `maxlen` leaves no text of a part.
        """
        kept = [self._short(self._shifted(texts), labels) for texts, labels in parts]
        if self.maxlen and not all(texts for texts, _ in kept):
            raise ValueError(
                errors.explain(
                    f"No text is shorter than maxlen={self.maxlen}.", "Give a larger maxlen, or None to keep all texts."
                )
            )
        end = self.num_words or max((max(words, default=0) for texts, _ in kept for words in texts), default=0)
        return [(_array(self._known(words, end) for words in texts), labels) for texts, labels in kept]

    def _shifted(self, texts: Iterable[list[int]]) -> _Texts:
        start, shift = [] if self.start_char is None else [self.start_char], self.index_from or 0
        return [start + [word + shift for word in words] for words in texts]

    def _short(self, texts: _Texts, labels: np.ndarray) -> tuple[_Texts, np.ndarray]:
        if not self.maxlen:
            return texts, labels
        kept = [place for place, words in enumerate(texts) if len(words) < self.maxlen]
        return [texts[place] for place in kept], labels[kept]

    def _known(self, words: list[int], end: int) -> list[int]:
        if self.oov_char is None:
            return [word for word in words if self.skip_top <= word < end]
        return [word if self.skip_top <= word < end else self.oov_char for word in words]


def _array(texts: Iterable[list[int]]) -> np.ndarray:
    # Not by np.array, which makes a table of texts of one length.
    return np.fromiter(texts, object)


def index(file: str, path: str | os.PathLike[str] | None) -> dict[str, int]:
    """Returns the number of each word, of a file of `sources.SOURCES`.

    Errors: OSError if it is not there and cannot be fetched; ValueError for a path with folders in it.
    """
    with open(sources.fetched(file, path), encoding="utf-8") as content:
        return dict(json.load(content))
