"""What training logged, epoch by epoch."""

from __future__ import annotations

from typing import Any

from plait.callbacks import optional
from plait.callbacks.callback import Callback, Logs
from plait.core import errors


class History(Callback):
    """Records the logs of each epoch; fit adds one by itself, returns it, and leaves it as `model.history`.

    `history` maps names to lists with a number per epoch, in the order of the logs; `epoch` lists the epochs,
    counted from 0. Each run begins with empty records. `to_pandas()` makes a table of it, `plot()` a picture.
    """

    kept = ("history", "epoch", "_epochs")

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        # Not every epoch need have logged every name.
        self._epochs: dict[str, list[int]] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begins new records, and becomes the history of the model."""
        self._forget()
        self.model.history = self

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Appends the logs."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
            self._epochs.setdefault(name, []).append(epoch)

    def to_pandas(self) -> Any:
        """Returns the records as a DataFrame: a row per epoch, a column per name, NaN where nothing was logged.

        Errors: ImportError if pandas is not installed.
        """
        pandas = optional.module("pandas", "History.to_pandas", "pandas")
        columns = {name: pandas.Series(values, index=self._epochs_of(name)) for name, values in self.history.items()}
        return pandas.DataFrame(columns, index=pandas.Index(self.epoch, name="epoch"))

    def plot(self) -> Any:
        """Returns a figure of Matplotlib's with the course of each quantity, in training and in validation.

        Errors: ValueError if nothing was recorded; ImportError if Matplotlib is not installed.
        """
        if not self.history:
            raise ValueError(errors.explain("This history has no epochs to plot.", "Plot what model.fit(…) returns."))
        pyplot = optional.module("matplotlib.pyplot", "History.plot", "plot")
        quantities = list(dict.fromkeys(name.removeprefix("val_") for name in self.history))
        rows = len(quantities)
        figure, axes = pyplot.subplots(
            rows, sharex=True, squeeze=False, figsize=(6.4, 2.4 * rows), layout="constrained"
        )
        for axis, quantity in zip(axes.flat, quantities, strict=True):
            for name, label in ((quantity, "training"), (f"val_{quantity}", "validation")):
                if name in self.history:
                    axis.plot(self._epochs_of(name), self.history[name], marker=".", label=label)
            axis.set_ylabel(quantity)
            axis.legend()
        axes[-1, 0].set_xlabel("epoch")
        axes[-1, 0].xaxis.get_major_locator().set_params(integer=True)
        return figure

    def _epochs_of(self, name: str) -> list[int]:
        return self._epochs.get(name, self.epoch)
