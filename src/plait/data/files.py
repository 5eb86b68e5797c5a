"""Which files are in a folder, and which class each is of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from plait.core import errors
from plait.core.fields import dataclass


@dataclass(eq=False)
class Files:
    """Holds paths, with a label for each and the names of the classes where there are labels."""

    paths: list[str]
    labels: np.ndarray | None = None
    class_names: list[str] | None = None

    def shuffled(self, seed: int | None) -> Files:
        """Returns the files in the order that Keras's readers give them for a seed."""
        order = list(range(len(self.paths)))
        np.random.RandomState(seed).shuffle(order)
        labels = None if self.labels is None else self.labels[order]
        return Files([self.paths[place] for place in order], labels, self.class_names)

    def part(self, part: slice) -> Files:
        """Returns some of the files."""
        return Files(self.paths[part], None if self.labels is None else self.labels[part], self.class_names)


def unlabelled(directory: str, formats: tuple[str, ...], follow_links: bool) -> Files:
    """Returns all files below a folder whose names end so."""
    # With a slash at the end, as Keras has it: it is part of what the folders are sorted by.
    return Files(_below(os.path.join(directory, ""), formats, follow_links))


def labelled(directory: str, given: Any, formats: tuple[str, ...], follow_links: bool) -> Files:
    """Returns all files below a folder with the labels that are given for them.

    Errors: ValueError if these are not as many integers as there are files.
    """
    paths, labels = unlabelled(directory, formats, follow_links).paths, np.asarray(given)
    if labels.shape != (len(paths),) or (paths and labels.dtype.kind not in "iu"):
        raise ValueError(
            errors.explain(
                f"labels need an integer for each of the {errors.counted(len(paths), 'file')} in {directory!r}, "
                f"got {len(labels)} of {labels.dtype}."
            )
        )
    return Files(paths, labels, [str(label) for label in np.unique(labels)])


def in_classes(
    directory: str, class_names: Sequence[str] | None, formats: tuple[str, ...], follow_links: bool
) -> Files:
    """Returns the files below each folder in a folder, labelled by its place among the class names.

    Args:   class_names: None for all folders, in the order of the alphabet.
    Errors: ValueError if there is no such folder.
    """
    there = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir() and not entry.name.startswith("."))
    unknown = [name for name in class_names or () if name not in there]
    if unknown:
        raise ValueError(
            errors.explain(
                f"class_names have {unknown[0]!r}, and there is no such folder in {directory!r}."
                f"{errors.nearest(unknown[0], there)}",
                f"There: {', '.join(there)}.",
            )
        )
    names = there if class_names is None else list(class_names)
    found = [_below(os.path.join(directory, name), formats, follow_links) for name in names]
    labels = np.repeat(np.arange(len(found)), [len(paths) for paths in found])
    return Files([path for paths in found for path in paths], labels, names)


def _below(folder: str, formats: tuple[str, ...], follow_links: bool) -> list[str]:
    """Returns paths folder by folder, and within each by name, both in the order of the alphabet."""
    walked = sorted(os.walk(folder, followlinks=follow_links), key=lambda entry: entry[0])
    return [
        os.path.join(root, name)
        for root, _, names in walked
        for name in sorted(names)
        if name.lower().endswith(formats)
    ]
