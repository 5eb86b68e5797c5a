"""Going on with a run that ended early, as Keras calls it."""

from __future__ import annotations

import os
from typing import Any

from plait.callbacks.callback import Callback
from plait.core import errors
from plait.core.fields import dataclass


@dataclass(eq=False)
class BackupAndRestore(Callback):
    """Keeps checkpoints while fit runs, for a run of the same line to go on from: Keras's name for `fit(checkpoint=…)`.

    Args:   backup_dir: a folder for these alone.
            save_freq: "epoch", or after how many steps one is made.
            double_checkpoint: keeps the one before the last, too.
            delete_checkpoint: whether to remove the folder when training has come to its end.
    Errors: ValueError for another save_freq.
    """

    backup_dir: str | os.PathLike[str]
    save_freq: str | int = "epoch"
    double_checkpoint: bool = False
    delete_checkpoint: bool = True

    def __post_init__(self) -> None:
        is_count = isinstance(self.save_freq, int) and not isinstance(self.save_freq, bool) and self.save_freq > 0
        if self.save_freq != "epoch" and not is_count:
            raise ValueError(
                errors.explain(
                    'BackupAndRestore needs "epoch" or a positive number of steps for save_freq, got '
                    f"{self.save_freq!r}."
                )
            )

    def checkpoint(self) -> dict[str, Any]:
        """Returns what fit's checkpoints are asked to be."""
        steps = {"every_epoch": True} if self.save_freq == "epoch" else {"every_steps": self.save_freq}
        return {
            "folder": self.backup_dir,
            "keep": 2 if self.double_checkpoint else 1,
            "delete_when_done": self.delete_checkpoint,
            **steps,
        }
