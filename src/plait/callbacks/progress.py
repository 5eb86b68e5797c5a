"""The progress bar."""

from __future__ import annotations

from typing import Any

from plait.callbacks import lines, printing
from plait.callbacks.bar import Bar
from plait.callbacks.callback import Callback, Logs, ReadLogs

_ON_THE_HOST = (
    "The data stay on the host, and go to the device batch by batch: they are mapped from a file, or larger than a "
    "quarter of its memory.\n"
)


class ProgbarLogger(Callback):
    """Shows on standard output how far training, evaluation or prediction is, how fast it goes, and the logs.

    In a terminal or a notebook one line changes at most ten times a second, and no step waits for it; a file gets one
    line an epoch. With verbose=2 there is one short line an epoch everywhere. Validation within fit shows as the "val_"
    numbers of its epoch. Of a prediction that takes less than a tenth of a second nothing is shown.
    """

    _in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        """Takes how much to show; a run is about to begin."""
        super().set_params(params)
        self._verbose = params["verbose"]
        self._epochs = params.get("epochs", 1)
        self._in_fit = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Notes that tests belong to epochs now, and says where the data are if they stay on the host."""
        self._in_fit = True
        if self._verbose and (self.params or {}).get("data") == "host":
            printing.write(_ON_THE_HOST)
        self._line = lines.of(self._verbose)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Leaves no bar behind that no longer moves."""
        self._line.close()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Starts a bar, and says which epoch it is, if there are several."""
        self._start(f"Epoch {epoch + 1}/{self._epochs}" if self._epochs > 1 else "")

    def on_progress(self, done: int, total: int | None, samples: int, read_logs: ReadLogs) -> None:
        """Moves the bar."""
        self._bar.advance(done, total, samples, read_logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Shows exactly the logs of the epoch."""
        self._bar.finish(logs or {})

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Starts a bar for evaluate."""
        if not self._in_fit:
            self._line = lines.of(self._verbose)
            self._start()

    def on_test_progress(self, done: int, total: int | None, samples: int, read_logs: ReadLogs) -> None:
        """Moves the bar of evaluate."""
        if not self._in_fit:
            self._bar.advance(done, total, samples, read_logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Shows exactly what evaluate returns."""
        if not self._in_fit:
            self._bar.finish(logs or {})
            self._line.close()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Starts a bar for predict."""
        self._line = lines.of(self._verbose)
        self._start()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Shows how long predict took, unless it was quick."""
        if self._bar.is_long:
            self._bar.finish({})
        self._line.close()

    def on_compile_begin(self) -> None:
        """Says what the next steps wait for."""
        self._bar.wait_for_compilation()

    def on_compile_end(self, seconds: float) -> None:
        """Says it no longer."""
        self._bar.go_on(seconds)

    def _start(self, title: str = "") -> None:
        self._bar = Bar(self._line, title, self._verbose)
