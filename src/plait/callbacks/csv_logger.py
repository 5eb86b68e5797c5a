"""The logs of each epoch as a line of a file."""

from __future__ import annotations

import csv
import os
import pathlib
from typing import Any

import numpy as np

from plait.callbacks import paths
from plait.callbacks.callback import Callback, Logs
from plait.core import errors
from plait.core.fields import dataclass


@dataclass(eq=False)
class CSVLogger(Callback):
    """Writes the logs of each epoch to a CSV file: the epoch, counted from 0, then the numbers by name.

    The file is open only while a line is written: each line is there at once, however training ends. Names that
    begin with "val_" always have columns; "NA" stands where nothing was logged.

    Args:   filename: of the file, whose folder is made if it is not there.
            separator: the character between two columns.
            append: whether to go on below what is in the file, under its first line.
    Errors: ValueError for another separator, or a name for which the file that is appended to has no column; OSError
            when training begins, if the file cannot be written.
    """

    # How long the file was when the run began: what other runs have left in it.
    kept = ("begun",)

    filename: str | os.PathLike[str]
    separator: str = ","
    append: bool = False

    def __post_init__(self) -> None:
        if not (isinstance(self.separator, str) and len(self.separator) == 1):
            raise ValueError(errors.explain(f"CSVLogger needs one character as separator, got {self.separator!r}."))
        self.filename = os.fspath(self.filename)
        self.keys: list[str] | None = None
        self.begun = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begins the file, or finds where to go on in it."""
        paths.check_writable(type(self).__name__, self.filename)
        pathlib.Path(self.filename).parent.mkdir(parents=True, exist_ok=True)
        self._resumed_epoch = (self.params or {}).get("resumed_epoch")
        self._opened("w" if self._resumed_epoch is None and not self.append else "a").close()
        self.begun = os.path.getsize(self.filename)
        self._is_under_way = False

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Writes a line."""
        logs = logs or {}
        if not self._is_under_way:
            self._go_on()
        with self._opened("a") as file:
            writer = csv.writer(file, delimiter=self.separator)
            if self.keys is None:
                self.keys = _columns(logs)
                writer.writerow(["epoch", *self.keys])
            self._check_columns(logs)
            writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])

    def _go_on(self) -> None:
        """Reads the names of the columns, once it is known where a run that goes on had begun."""
        if self._resumed_epoch is not None:
            self._leave_before(self._resumed_epoch)
        with self._opened("r") as file:
            header = next(csv.reader(file, delimiter=self.separator), None)
        self.keys = header[1:] if header else None
        self._is_checked = not header
        self._is_under_way = True

    def _leave_before(self, epoch: int) -> None:
        """Leaves of what the run has written the lines of the epochs before the one that it goes on with."""
        with self._opened("r+") as file:
            file.seek(self.begun)
            lines = list(csv.reader(file, delimiter=self.separator))
            file.seek(min(self.begun, os.path.getsize(self.filename)))
            file.truncate()
            csv.writer(file, delimiter=self.separator).writerows(
                line for line in lines if line[0] == "epoch" or int(line[0]) < epoch
            )

    def _opened(self, mode: str) -> Any:
        # The csv module ends lines by itself.
        return open(self.filename, mode, newline="", encoding="utf-8")

    def _check_columns(self, logs: Logs) -> None:
        """Makes sure, once, that the file which is appended to has columns for what is logged."""
        missing = [] if self._is_checked else [name for name in logs if name not in (self.keys or [])]
        self._is_checked = True
        if missing:
            raise ValueError(
                errors.explain(
                    f"CSVLogger appends to {self.filename!r}, which has no column for {', '.join(missing)}.",
                    f"It has: {', '.join(self.keys or [])}.",
                    "Give another filename, or append=False to begin the file anew.",
                )
            )


def _columns(logs: Logs) -> list[str]:
    names = sorted(logs)
    # The first epoch may be one without validation.
    return names if any(name.startswith("val_") for name in names) else names + [f"val_{name}" for name in names]


def _cell(value: Any) -> Any:
    """Returns what to write: numbers and text as they are, several numbers in quotes."""
    is_single = isinstance(value, str) or np.ndim(value) == 0
    return value if is_single else f'"[{", ".join(map(str, value))}]"'
