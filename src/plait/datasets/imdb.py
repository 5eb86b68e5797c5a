"""IMDB: reviews of films, and whether they praise."""

from __future__ import annotations

import os

import numpy as np

from plait.datasets import npz, sources, splits, words


def load_data(
    path: str | os.PathLike[str] = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
) -> splits.Split:
    """Returns `(x_train, y_train), (x_test, y_test)`: 25,000 reviews each, and whether they praise.

    Shapes: x (reviews,), lists of the numbers of words; y (reviews,), int64, 1 for praise and 0 for blame
    Args:   path: what the file is called in the cache.
            seed: for the order.
            the others: which words and reviews are kept, and as which numbers; see `words.Words`.
    Errors: ValueError for a wrong argument, or if no review is left; OSError if the file is not there and cannot be
            fetched.
    Source: A. Maas et al., Learning Word Vectors for Sentiment Analysis, 2011.
    """
    wanted = words.Words(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    x_train, y_train, x_test, y_test = npz.read(
        sources.fetched("imdb.npz", path), "x_train", "y_train", "x_test", "y_test"
    )
    rng = np.random.RandomState(seed)
    train, test = wanted.encoded(splits.shuffled(rng, x_train, y_train), splits.shuffled(rng, x_test, y_test))
    return train, test


def get_word_index(path: str | os.PathLike[str] = "imdb_word_index.json") -> dict[str, int]:
    """Returns the number of each word, from 1 on; in the reviews `index_from` is added to it.

    Args:   path: what the file is called in the cache.
    Errors: OSError if it is not there and cannot be fetched; ValueError for a path with folders in it.
    """
    return words.index("imdb_word_index.json", path)
