"""Vocabularies: which tokens a layer knows, in which order, and how often they were seen."""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from plait.core import errors


class Counts:
    """How often each token was seen, in how many documents, and how many documents there were."""

    def __init__(self) -> None:
        self.tokens: Counter[Any] = Counter()
        self.documents_with: Counter[Any] = Counter()
        self.documents = 0

    def add(self, documents: Iterable[Sequence[Any]]) -> None:
        """Counts the tokens of some documents."""
        for document in documents:
            self.tokens.update(document)
            self.documents_with.update(set(document))
            self.documents += 1

    def most_common(self, without: Sequence[Any], limit: int | None) -> list[Any]:
        """Returns the tokens, the most frequent first; of equally frequent ones, the last in their order."""
        pairs = ((count, token) for token, count in self.tokens.items() if token not in without)
        return [token for _, token in sorted(pairs, reverse=True)][:limit]

    def inverse_document_frequencies(self, tokens: Sequence[Any]) -> np.ndarray:
        """Returns log(1 + documents / (1 + documents with the token)) for each token."""
        having = np.array([self.documents_with[token] for token in tokens], np.float64)
        return np.log(1 + self.documents / (1 + having)).astype(np.float32)


def read(layer: Any, path: str) -> list[str]:
    """Returns the lines of a file.

    Errors: ValueError if there is none.
    """
    file = pathlib.Path(path)
    if not file.is_file():
        raise ValueError(errors.explain(f"{layer} finds no vocabulary file {path!r}.", "It has one token per line."))
    lines = file.read_text(encoding="utf-8").split("\n")
    while lines and not lines[-1]:
        lines.pop()
    return lines


def without_special(layer: Any, tokens: list[Any], special: list[Any]) -> list[Any]:
    """Returns the tokens after the special ones, which may be left out.

    Errors: ValueError for no tokens, for one that is there twice, or a special one at another place.
    """
    if not tokens:
        raise ValueError(errors.explain(f"{layer} needs a vocabulary of one token at least, got none."))
    ordinary = tokens[len(special) :] if special and tokens[: len(special)] == special else tokens
    repeated = [token for token, count in Counter(ordinary).items() if count > 1]
    if repeated:
        raise ValueError(
            errors.explain(f"{layer} needs each token of a vocabulary once, got {repeated[0]!r} more than once.")
        )
    reserved = [layer.mask_token, *([layer.oov_token] if layer.invert else [])]
    for token in reserved:
        if token is not None and token in ordinary:
            raise ValueError(
                errors.explain(
                    f"{layer} keeps {token!r} for itself, got it as token {tokens.index(token)} of the vocabulary.",
                    f"Leave such tokens out, or let the vocabulary start with {special!r}.",
                )
            )
    return ordinary
