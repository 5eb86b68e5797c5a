"""Texts in a folder, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plait.data import checks
from plait.data.batches import Batches
from plait.data.folders import Folder

FILES = (".txt",)


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Batches | list[Batches]:
    """Returns batches of texts, an array of strings each, with the labels of their folders.

    Shapes: (batch,), labels (batch,), (batch, 1) if binary, (batch, classes) if categorical
    Args:   directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset,
            follow_links, verbose: see `plait.data.folders.Folder`.
            max_length: how many characters of each text are kept.
            format: taken; the batches are the same.
    Errors: ValueError for a wrong argument, before anything is read; or for a file that is not UTF-8.
    """
    if max_length is not None:
        checks.positive("text_dataset_from_directory", max_length=max_length)
    checks.one_of("format", format, checks.FORMATS)
    folder = Folder(directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset,
                    follow_links, verbose)  # fmt: skip

    def load(path: str) -> str:
        with open(path, encoding="utf-8") as file:
            return file.read(max_length)

    return folder.batches(load, FILES, "texts")
