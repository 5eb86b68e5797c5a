"""Batches of the files in a folder, with one folder in it for each class."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from plait.core import errors, seeds
from plait.core.fields import dataclass
from plait.data import batches, checks, files, packages, stacking
from plait.data.batches import Batches
from plait.data.files import Files

# The label of one example, of so many classes.
_ENCODED: dict[str, Callable[[Any, int], np.ndarray]] = {
    "int": lambda label, classes: np.asarray(label, np.int32),
    "binary": lambda label, classes: np.asarray([label], np.float32),
    "categorical": lambda label, classes: (np.arange(classes) == label).astype(np.float32),
}
_SUBSETS = {"training": ("training",), "validation": ("validation",), "both": ("training", "validation")}


@dataclass(eq=False)
class Folder:
    """Says which files of a folder are read, and how they become batches, in the words of Keras's readers.

    Args:   directory: where the files are.
            labels: "inferred" for the folders in it as classes; None for no labels; or an integer for each file, in
            the order of their paths.
            label_mode: "int"; "binary", 0.0 or 1.0; "categorical", a vector with 1 at the label; None for no labels.
            class_names: which folders to read, in the order of their labels; by default all, in that of the alphabet.
            batch_size: None for single examples.
            shuffle: whether each epoch has an order of its own; without, it is that of the paths.
            seed: of these orders, and of which files are held out.
            validation_split: the fraction that is held out, between 0 and 1.
            subset: which part of the two to read, "training" or "validation", or "both" for a list of them.
            follow_links: whether folders that are links are looked into.
            verbose: whether to say how many files there are.
    Errors: ValueError for a wrong argument, before any file is looked for.
    """

    directory: Any
    labels: Any
    label_mode: str | None
    class_names: Sequence[str] | None
    batch_size: int | None
    shuffle: bool
    seed: int | None
    validation_split: float | None
    subset: str | None
    follow_links: bool
    verbose: bool

    def __post_init__(self) -> None:
        self._check_labels()
        self._check_split()
        if self.batch_size is not None:
            checks.positive("A data set from a folder", batch_size=self.batch_size)
        if not os.path.isdir(self.directory):
            raise ValueError(errors.explain(f"There is no folder {os.fspath(self.directory)!r}."))
        if self.labels is None or self.label_mode is None:
            self.labels = self.label_mode = None
        self.directory = os.fspath(self.directory)
        self.seed = seeds.fresh() if self.seed is None else self.seed

    def _check_labels(self) -> None:
        given = self.labels
        is_inferred = isinstance(given, str) and given == "inferred"
        if given is not None and not is_inferred and (isinstance(given, str) or not hasattr(given, "__len__")):
            raise ValueError(
                errors.explain(f'labels are "inferred", None or an integer per file, got {errors.described(given)}.')
            )
        if self.label_mode is not None:
            checks.one_of("label_mode", self.label_mode, _ENCODED)
        if self.class_names and not (is_inferred and self.label_mode):
            raise ValueError(
                errors.explain(
                    'class_names say which folders to read, and need labels="inferred" and a label_mode, '
                    f"got labels={given!r} and label_mode={self.label_mode!r}."
                )
            )

    def _check_split(self) -> None:
        split, subset = self.validation_split, self.subset
        if subset is not None:
            checks.one_of("subset", subset, _SUBSETS)
        if split and not 0 < split < 1:
            raise ValueError(errors.explain(f"validation_split is a fraction between 0 and 1, got {split!r}."))
        if bool(split) != bool(subset):
            raise ValueError(
                errors.explain(
                    f"validation_split and subset need each other, got {split!r} and {subset!r}.",
                    'For example validation_split=0.2, subset="both" for a list of two data sets.',
                )
            )
        if split and self.shuffle and self.seed is None:
            raise ValueError(
                errors.explain(
                    "With validation_split, shuffled files need a seed: it decides which are held out.",
                    "Give the same for both parts, e.g. seed=1, or shuffle=False.",
                )
            )

    def batches(
        self,
        load: Callable[[str], Any],
        formats: tuple[str, ...],
        kind: str,
        stack: Callable[[Sequence[Any]], Any] = stacking.stack,
    ) -> Batches | list[Batches]:
        """Returns batches of the files, a list of two with `subset="both"`.

        Args:   load: makes an example of a path.
                formats: how the names of the files end.
                kind: what they are, in words.
                stack: makes one batch of a list of examples.
        Errors: ValueError if there are none; or if one cannot be read, when its batch is made.
        """
        packages.grain()
        found = self._found(formats)
        held_out = int((self.validation_split or 0) * len(found.paths))
        first_held_out = len(found.paths) - held_out
        parts = {"training": slice(first_held_out), "validation": slice(first_held_out, None), "": slice(None)}
        wanted = {part: found.part(parts[part]) for part in _SUBSETS.get(self.subset or "", ("",))}
        for part, chosen in wanted.items():
            if not chosen.paths:
                raise ValueError(
                    errors.explain(
                        f"There are no {kind}{f' for {part}' if part else ''} in {self.directory!r}.",
                        f"Their names end in {', '.join(formats)}.",
                    )
                )
            if part and self.verbose:
                print(f"Using {len(chosen.paths)} files for {part}.")
        load = _naming_the_file(load)
        made = [
            self._made(chosen, load, stack, self.shuffle and not (self.subset == "both" and part == "validation"))
            for part, chosen in wanted.items()
        ]
        return made if self.subset == "both" else made[0]

    def _found(self, formats: tuple[str, ...]) -> Files:
        if self.labels is None:
            found = files.unlabelled(self.directory, formats, self.follow_links)
        elif isinstance(self.labels, str):
            found = files.in_classes(self.directory, self.class_names, formats, self.follow_links)
        else:
            found = files.labelled(self.directory, self.labels, formats, self.follow_links)
        if self.label_mode == "binary" and len(found.class_names or ()) != 2:
            raise ValueError(errors.explain(f'label_mode="binary" needs two classes, got {found.class_names}.'))
        if self.verbose:
            classes = "" if found.class_names is None else f" belonging to {len(found.class_names)} classes"
            print(f"Found {len(found.paths)} files{classes}.")
        return found.shuffled(self.seed) if self.shuffle else found

    def _made(
        self, chosen: Files, load: Callable[[str], Any], stack: Callable[[Sequence[Any]], Any], shuffle: bool
    ) -> Batches:
        encoded, classes = _ENCODED.get(self.label_mode or ""), len(chosen.class_names or ())

        def example(number: int) -> Any:
            loaded = load(chosen.paths[number])
            if encoded is None or chosen.labels is None:
                return loaded
            return loaded, encoded(chosen.labels[number], classes)

        numbers = packages.grain().MapDataset.range(len(chosen.paths))
        examples = (numbers.shuffle(self.seed) if shuffle else numbers).map(example)
        data = Batches(examples, batches.a_few(), None, chosen.class_names, chosen.paths)
        return data if self.batch_size is None else data.batch(self.batch_size, stack=stack)


def _naming_the_file(load: Callable[[str], Any]) -> Callable[[str], Any]:
    """Returns a function that loads a file, and whose errors name it and the line that asked for the data set."""
    site = errors.call_site()

    def loaded(path: str) -> Any:
        try:
            return load(path)
        except Exception as error:  # what a library raises for a file it cannot decode is its own affair
            raise ValueError(
                errors.explain(
                    f"The file {path!r} cannot be read: {error}", "Mend it, or take it out of the folder.", site=site
                )
            ) from error

    return loaded
