"""Training as TensorBoard shows it."""

from __future__ import annotations

import os
import time
import warnings
from typing import Any

import numpy as np

from plait.callbacks import learning_rate, paths
from plait.callbacks.callback import Callback, Logs
from plait.callbacks.event_file import EventFile
from plait.callbacks.profiler import Profiler
from plait.core import errors
from plait.core.fields import dataclass
from plait.graph import walks


@dataclass(eq=False)
class TensorBoard(Callback):
    """Writes files for TensorBoard, to look at with `tensorboard --logdir logs`.

    In the folders "train" and "validation" there are, under Keras's names, the logs and the learning rate of each epoch
    ("epoch_loss", "epoch_learning_rate"), what was evaluated by steps of training ("evaluation_loss_vs_iterations"),
    and what else is asked for.

    Args:   log_dir: the folder.
            histogram_freq: how many epochs from one picture of how the weights are distributed to the next; 0 for none.
            write_graph: whether to write the layers and how they are connected.
            write_images: whether to show weights of up to three axes as images beside these.
            write_steps_per_second: whether to write how fast training is.
            update_freq: "epoch", or after how many steps to write the logs so far ("batch_loss"), "batch" being 1; each
                step is then a dispatch of its own.
            profile_batch: a step, or the first and the last, to record by JAX's profiler; counted from 1 over all
                epochs. Each step is then a dispatch of its own.
            embeddings_freq, embeddings_metadata: not supported.
    Errors: ValueError for another update_freq or profile_batch, or if embeddings are asked for; when training begins,
            ImportError if the package tensorboard is not installed, OSError where nothing can be written.
    """

    kept = ("_step",)

    log_dir: str | os.PathLike[str] = "logs"
    histogram_freq: int = 0
    write_graph: bool = True
    write_images: bool = False
    write_steps_per_second: bool = False
    update_freq: str | int = "epoch"
    profile_batch: Any = 0
    embeddings_freq: int = 0
    embeddings_metadata: Any = None

    def __post_init__(self) -> None:
        self.log_dir = os.fspath(self.log_dir)
        self._check()
        self._every: Any = {"epoch": 0, "batch": 1}.get(self.update_freq, self.update_freq)  # type: ignore[arg-type]
        self._profiler = Profiler(self.profile_batch)
        self._files: dict[str, EventFile] = {}
        self._in_fit = False
        self._step = 0
        if self.update_freq != "epoch" or self._profiler.is_wanted:
            # Here and not in the class: having these hooks makes each step a dispatch of its own.
            self.on_train_batch_begin = self._before_step  # type: ignore[method-assign]
            self.on_train_batch_end = self._after_step  # type: ignore[method-assign]

    def _check(self) -> None:
        is_count = isinstance(self.update_freq, int) and self.update_freq > 0
        if self.update_freq not in ("epoch", "batch") and not is_count:
            problem = f'needs "epoch", "batch" or a positive number of steps for update_freq, got {self.update_freq!r}.'
        elif self.embeddings_freq or self.embeddings_metadata:
            problem = "does not write embeddings: TensorBoard's projector reads them from checkpoints of TensorFlow's."
        else:
            return
        raise ValueError(errors.explain(f"The callback TensorBoard {problem}"))

    def set_params(self, params: dict[str, Any]) -> None:
        """Takes the facts about a run that is about to begin, and ends what one that failed has left open."""
        super().set_params(params)
        self._end()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begins a file, and writes the graph."""
        paths.check_writable("TensorBoard", os.path.join(self.log_dir, "train", "events"))
        self._in_fit = True
        self._step = 0
        file = self._file("train")
        if self.write_graph and self.model.has_graph:
            try:
                file.graph(self.model.to_json())
            except (TypeError, ValueError) as error:
                warnings.warn(f"TensorBoard gets no graph of {self.model}: {error}", UserWarning, stacklevel=2)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Ends the files."""
        self._end()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Notes when the epoch began."""
        self._epoch_began = time.perf_counter(), self.model.optimizer.iterations

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Writes the logs of the epoch, and what is asked for of its weights."""
        numbers = _numbers(logs)
        trained = {name: number for name, number in numbers.items() if not name.startswith("val_")}
        trained |= learning_rate.current(self.model)
        if self.write_steps_per_second:
            start, steps = self._epoch_began
            trained["steps_per_second"] = (self.model.optimizer.iterations - steps) / (time.perf_counter() - start)
        self._file("train").scalars(epoch, {f"epoch_{name}": number for name, number in trained.items()})
        measured = {name[4:]: number for name, number in numbers.items() if name.startswith("val_")}
        if measured:
            self._file("validation").scalars(epoch, {f"epoch_{name}": number for name, number in measured.items()})
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        for file in self._files.values():
            file.flush()

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Writes what was measured, by how many steps were trained."""
        numbers = {f"evaluation_{name}_vs_iterations": number for name, number in _numbers(logs).items()}
        self._file("validation").scalars(self.model.optimizer.iterations, numbers)
        if not self._in_fit:
            self._end()

    def _before_step(self, batch: int, logs: Logs | None = None) -> None:
        self._step += 1
        self._profiler.before(self._step, os.path.join(self.log_dir, "train"))
        self._step_began = time.perf_counter()

    def _after_step(self, batch: int, logs: Logs | None = None) -> None:
        seconds = time.perf_counter() - self._step_began
        self._profiler.after(self._step)
        if self._every and self._step % self._every == 0:
            numbers = _numbers(logs)
            if self.write_steps_per_second:
                numbers["steps_per_second"] = 1 / seconds
            self._file("train").scalars(self._step, {f"batch_{name}": number for name, number in numbers.items()})

    def _write_weights(self, epoch: int) -> None:
        file = self._file("train")
        wanted = set(self.model.weights)
        for path, weight in walks.weight_paths(self.model).items():
            if weight in wanted:
                values = weight.numpy()
                file.histogram(epoch, f"{path}/histogram", values)
                pictures = _pictures(values)
                if self.write_images and pictures is not None:
                    file.pictures(epoch, f"{path}/image", pictures)

    def _file(self, name: str) -> EventFile:
        if name not in self._files:
            self._files[name] = EventFile(os.path.join(self.log_dir, name))
        return self._files[name]

    def _end(self) -> None:
        self._in_fit = False
        self._profiler.stop()
        for file in self._files.values():
            file.close()
        self._files = {}


def _numbers(logs: Logs | None) -> dict[str, float]:
    """Returns what is a number: a callback may have added something else to the logs."""
    return {
        name: float(value)
        for name, value in (logs or {}).items()
        if hasattr(value, "__float__") and np.ndim(value) == 0
    }


def _pictures(values: np.ndarray) -> np.ndarray | None:
    """Returns the pictures of a weight, (number, height, width); None if it has not one to three axes."""
    values = values.squeeze()
    if values.ndim == 1:
        return values[None, :, None]
    if values.ndim == 2:
        return (values.T if values.shape[0] > values.shape[1] else values)[None]
    return values.transpose(2, 0, 1) if values.ndim == 3 else None
