"""When a checkpoint of a run is made, and going on from one."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

from plait.core import errors
from plait.core.fields import dataclass
from plait.training.checkpoints import state
from plait.training.checkpoints.folder import Folder
from plait.training.checkpoints.state import Position


@dataclass(eq=False)
class Checkpoint:
    """Says where and when fit keeps what it would need to go on: weights, slots, position in the data, logs, callbacks.

    `fit(…, checkpoint="folder")` is short for `checkpoint=Checkpoint("folder")`. Started again with the same line, it
    goes on where the last checkpoint was made, and ends with the same bits as a run that nothing stopped.

    Args:   folder: of these checkpoints alone; made if it is not there.
            every_seconds: from one checkpoint to the next, at least; they are made between dispatches.
            every_steps: the like in steps, in place of seconds.
            every_epoch: whether to make one after each epoch, too.
            keep: how many of the last ones stay.
            monitor: the name of a number in the logs; a checkpoint is also made after each epoch that it is best in,
                and the best one stays.
            mode: whether the least ("min") or the greatest ("max") of these is best.
            delete_when_done: whether to remove the folder when training has come to its end.
    Errors: ValueError for numbers that are not positive, and for another mode.
    """

    folder: str | os.PathLike[str]
    every_seconds: float = 60.0
    every_steps: int | None = None
    every_epoch: bool = False
    keep: int = 3
    monitor: str | None = None
    mode: str = "min"
    delete_when_done: bool = False

    def __post_init__(self) -> None:
        for name in ("every_seconds", "every_steps", "keep"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(errors.explain(f"Checkpoint needs a positive {name}, got {value!r}."))
        if self.mode not in ("min", "max"):
            raise ValueError(errors.explain(f'Checkpoint needs "min" or "max" for mode, got {self.mode!r}.'))


class Keeper:
    """Makes the checkpoints of one run.

    Args:   given: a Checkpoint, its arguments, or the name of a folder.
            held_out: what gives the batches of the validation data, if there are some.
    Errors: as `Folder`.
    """

    def __init__(
        self,
        given: Checkpoint | dict[str, Any] | str | os.PathLike[str],
        model: Any,
        run: Any,
        callbacks: Any,
        held_out: Any = None,
    ) -> None:
        if isinstance(given, dict):
            given = Checkpoint(**given)
        self.settings = given if isinstance(given, Checkpoint) else Checkpoint(given)
        self.folder = Folder(self.settings.folder, self.settings.keep)
        self.model = model
        self.run = run
        self.callbacks = callbacks
        self.held_out = held_out
        self.seed = 0
        self.best: float | None = None
        self.best_number: int | None = None
        self._found = self.folder.newest()
        self._last_time = time.monotonic()
        self._last_steps = 0
        self._last_number: int | None = None
        self._rates: list[float | None] = []
        # How far the validation data were taken when the last step was made: what came since comes again from there.
        self._held_out_then: Any = None

    @property
    def found(self) -> dict[str, Any]:
        """The facts about the run that is to go on; none if there is none."""
        return self._found.facts if self._found else {}

    def resumed(self, first_epoch: int, seed: int) -> Position:
        """Puts back what the last checkpoint holds, and returns how far the run was: at its beginning without one.

        Errors: ValueError for a checkpoint of another run; nothing is changed then.
        """
        self.seed = seed
        found, self._found = self._found, None
        if found is None:
            return Position(first_epoch, 0, None)
        position = state.put_back(self.model, self.run, self.callbacks, found, self.held_out)
        self.best, self.best_number = found.facts["best"]
        self._rates = found.facts["learning_rates"] if position.done else []
        self._last_steps = self._last_number = found.number
        return position

    def after_epoch_begins(self) -> None:
        """Puts learning rates back that a callback has just set as at the beginning of an epoch that is under way."""
        if self._rates:
            state.put_rates_back(self.run, self._rates)
        self._rates = []

    def after_dispatch(self, position: Position) -> None:
        """Makes a checkpoint if it is time for one."""
        steps = self._steps()
        self._held_out_then = self._held_out_now()
        if self.settings.every_steps is not None:
            is_due = steps - self._last_steps >= self.settings.every_steps
        else:
            is_due = time.monotonic() - self._last_time >= self.settings.every_seconds and not self.folder.is_writing
        if is_due:
            self.save(position)

    def after_epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """Makes a checkpoint if one is wanted after each epoch, or the epoch is the best so far.

        Errors: ValueError if the logs do not have the number that says so.
        """
        is_best = self.settings.monitor is not None and self._is_better(self._monitored(logs))
        if is_best:
            self.best, self.best_number = self._monitored(logs), self._steps()
        if is_best or self.settings.every_epoch:
            self.save(Position(epoch + 1, 0, None))

    def _monitored(self, logs: dict[str, float]) -> float:
        monitor = self.settings.monitor
        if monitor not in logs:
            raise ValueError(
                errors.explain(
                    f'Checkpoint monitors "{monitor}", which is not logged.', f"There are: {', '.join(logs)}."
                )
            )
        return logs[monitor]

    def _is_better(self, value: float) -> bool:
        return self.best is None or (value < self.best if self.settings.mode == "min" else value > self.best)

    def save(self, position: Position) -> None:
        """Makes a checkpoint, unless there is one after the same step; it is written while training goes on."""
        number = self._steps()
        if number == self._last_number:
            return  # what came since, a validation and the hooks of an epoch's end, would come again from there
        arrays, facts = state.taken(self.model, self.run, position, self.callbacks, self.seed)
        facts["best"] = [self.best, self.best_number]
        facts["validation"] = self._held_out_then if position.done else self._held_out_now()
        self.folder.write(number, arrays, facts, kept=self.best_number)
        self._last_time, self._last_steps, self._last_number = time.monotonic(), number, number

    def finished(self, position: Position) -> None:
        """Makes the last checkpoint, unless all of them are to be removed."""
        if not self.settings.delete_when_done:
            self.save(position)
            self.folder.wait()

    def _held_out_now(self) -> Any:
        return None if self.held_out is None else self.held_out.state()

    def done(self) -> None:
        """Removes the checkpoints if that is wanted: the run has ended, with all that callbacks do there."""
        if self.settings.delete_when_done:
            self.folder.remove()

    def _steps(self) -> int:
        return int(self.run.program.slots().steps)


@contextlib.contextmanager
def keeping(keeper: Keeper | None, run: Any) -> Iterator[None]:
    """Makes a checkpoint where Ctrl-C ends the run, and waits until all are written.

    Errors: OSError if they could not be; where another exception ends the run, that one says so.
    """
    if keeper is None:
        yield
        return
    try:
        yield
        keeper.done()
    except KeyboardInterrupt:
        keeper.save(run.position)
        keeper.folder.wait()
        raise
    except Exception as error:
        _note_what_is_not_written(error, keeper)
        raise
    finally:
        keeper.folder.close()


def _note_what_is_not_written(error: Exception, keeper: Keeper) -> None:
    try:
        keeper.folder.wait()
    except OSError as other:
        error.add_note(f"  Besides: {other}")
