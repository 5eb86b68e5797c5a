"""Reuters: short news of 1987, and their topics."""

from __future__ import annotations

import os

import numpy as np

from plait.datasets import npz, sources, splits, words

_TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass "
    "crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi "
    "iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: str | os.PathLike[str] = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
) -> splits.Split:
    """Returns `(x_train, y_train), (x_test, y_test)`: 11,228 news in all, and their topics.

    Shapes: x (news,), lists of the numbers of words; y (news,), int64, 0 to 45: places in `get_label_names()`
    Args:   path: what the file is called in the cache.
            test_split: the part to test with, at least 0 and less than 1.
            seed: for the order.
            the others: which words and news are kept, and as which numbers; see `words.Words`.
    Errors: ValueError for a wrong argument, or if no news are left; OSError if the file is not there and cannot be
            fetched.
    Source: D. Lewis, Reuters-21578 Text Categorization Collection, 1997.
    """
    splits.check(test_split)
    wanted = words.Words(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    x, y = npz.read(sources.fetched("reuters.npz", path), "x", "y")
    (kept,) = wanted.encoded(splits.shuffled(np.random.RandomState(seed), x, y))
    return splits.split(*kept, test_split)


def get_word_index(path: str | os.PathLike[str] = "reuters_word_index.json") -> dict[str, int]:
    """Returns the number of each word, from 1 on; in the news `index_from` is added to it.

    Args:   path: what the file is called in the cache.
    Errors: OSError if it is not there and cannot be fetched; ValueError for a path with folders in it.
    """
    return words.index("reuters_word_index.json", path)


def get_label_names() -> tuple[str, ...]:
    """Returns the topics, in the order of the labels."""
    return tuple(_TOPICS.split())
