"""What training logged, epoch by epoch."""

from __future__ import annotations

from plait.callbacks.callback import Callback, Logs


class History(Callback):
    """Records the logs of each epoch; fit adds one by itself, returns it, and leaves it as `model.history`.

    `history` maps names to lists with a number per epoch, in the order of the logs; `epoch` lists the epochs,
    counted from 0. Each run begins with empty records.
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begins new records, and becomes the history of the model."""
        self.history, self.epoch = {}, []
        self.model.history = self

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Appends the logs."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
