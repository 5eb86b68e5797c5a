"""A folder of checkpoints, each written by Orbax: as a whole or not at all, while training goes on."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import warnings
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from plait.core import errors

_DIGESTS = "digests"
# What stands before the name of a checkpoint that is being removed, and in that of one that is being written.
_LEAVING = "removed-"
_COMING = ".orbax-checkpoint-tmp"


class Found(NamedTuple):
    """A checkpoint: the number of steps it was made after, its arrays by name, and its facts as plain data."""

    number: int
    arrays: dict[str, np.ndarray]
    facts: dict[str, Any]


class Folder:
    """The checkpoints in a folder, one subfolder each, named by the number of steps made.

    Args:   path: made if it is not there.
            keep: how many of the last ones stay.
    Errors: ImportError without Orbax; OSError for a folder that cannot be made or written to.
    """

    def __init__(self, path: str | os.PathLike[str], keep: int) -> None:
        self._orbax = _orbax()
        self.path = pathlib.Path(path).absolute()
        self.keep = keep
        self._writer = ThreadPoolExecutor(1, "plait-checkpoint")
        self._under_way: Future[None] | None = None
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".{os.getpid()}.probe"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise self._explained("cannot be written to", error, "Give another folder.") from error
        self._identity = _identity(self.path)
        self._clear()

    def numbers(self) -> list[int]:
        """Returns which checkpoints there are, the last one first."""
        return sorted((int(one.name) for one in self.path.iterdir() if one.name.isdecimal()), reverse=True)

    def newest(self) -> Found | None:
        """Returns the last checkpoint that is whole; None if there is none at all.

        Those that are not are named in a warning.

        Errors: ValueError if none of those there are is whole.
        """
        numbers = self.numbers()
        for number in numbers:
            try:
                return self.read(number)
            except Exception as error:  # whatever Orbax makes of a damaged file
                warnings.warn(
                    f"The checkpoint {str(self.path / str(number))!r} is not used, as it is damaged: {_reason(error)}",
                    UserWarning,
                    stacklevel=2,
                )
        if numbers:
            raise ValueError(
                errors.explain(
                    f"None of the checkpoints in {str(self.path)!r} can be read.",
                    "Remove the folder to start anew.",
                )
            )
        return None

    def read(self, number: int) -> Found:
        """Returns a checkpoint.

        Errors: ValueError for one that is not as it was written; what Orbax raises for one it cannot read.
        """
        args = self._orbax.args
        with self._orbax.Checkpointer(self._orbax.CompositeCheckpointHandler()) as reader:
            wanted = args.Composite(arrays=args.StandardRestore(), facts=args.JsonRestore())
            found = reader.restore(self.path / str(number), args=wanted)
        arrays = {name: np.asarray(array) for name, array in (found["arrays"] or {}).items()}
        facts = dict(found["facts"])
        if {name: _digest(array) for name, array in arrays.items()} != facts.pop(_DIGESTS, None):
            raise ValueError("its arrays are not those that were written")
        return Found(number, arrays, facts)

    def write(self, number: int, arrays: dict[str, np.ndarray], facts: dict[str, Any], kept: int | None = None) -> None:
        """Writes a checkpoint beside what goes on; waits for the one before it, if that is not written yet.

        Args:   arrays: are not to change any more.
                kept: the number of one that stays, however old it is.
        Errors: OSError if the one before could not be written.
        """
        self.wait()
        self._under_way = self._writer.submit(self._write, number, arrays, facts, kept)

    def wait(self) -> None:
        """Waits until all is written.

        Errors: OSError if it could not be.
        """
        under_way, self._under_way = self._under_way, None
        if under_way is None:
            return
        try:
            under_way.result()
        except Exception as error:  # whatever Orbax makes of a full disk or a folder that is gone
            raise self._explained(
                "could not be written to",
                error,
                "The model is as the last step left it: it can be saved elsewhere, or trained on.",
                f"Make room there, or make it writable; then the same line goes on{self._from_where()}.",
            ) from error

    @property
    def is_writing(self) -> bool:
        """Whether a checkpoint is being written."""
        return self._under_way is not None and not self._under_way.done()

    def close(self) -> None:
        """Ends the thread that writes; what it is at is written first."""
        self._writer.shutdown()

    def remove(self) -> None:
        """Removes the folder and all in it.

        Errors: OSError if it cannot be removed.
        """
        self.close()
        try:
            shutil.rmtree(self.path)
        except OSError as error:
            raise self._explained("could not be removed", error, "Training has come to its end.") from error

    def _write(self, number: int, arrays: dict[str, np.ndarray], facts: dict[str, Any], kept: int | None) -> None:
        args = self._orbax.args
        facts = {**facts, _DIGESTS: {name: _digest(array) for name, array in arrays.items()}}
        if _identity(self.path) != self._identity:  # Orbax may have made one again
            raise FileNotFoundError("the folder is gone, or another one")
        try:
            with self._orbax.Checkpointer(self._orbax.CompositeCheckpointHandler()) as writer:
                both = args.Composite(arrays=args.StandardSave(arrays), facts=args.JsonSave(facts))
                writer.save(self.path / str(number), args=both, force=True)
        except Exception:
            # Half a checkpoint only takes room; where even that cannot be seen to, the next run does it.
            with contextlib.suppress(OSError):
                self._clear()
            raise
        # Those after this one are damaged: otherwise the run had gone on from there.
        staying = {kept, *[one for one in self.numbers() if one <= number][: self.keep]}
        for old in self.numbers():
            if old not in staying:
                leaving = self.path / f"{_LEAVING}{old}"
                (self.path / str(old)).rename(leaving)
                shutil.rmtree(leaving)

    def _clear(self) -> None:
        """Removes what is left of writing and removing that did not come to its end."""
        for left in self.path.iterdir():
            if left.name.startswith(_LEAVING) or _COMING in left.name:
                shutil.rmtree(left, ignore_errors=True)

    def _from_where(self) -> str:
        """Returns where a run would go on, as far as the folder still says that."""
        with contextlib.suppress(OSError):
            return f" from the checkpoint after step {self.numbers()[0]}" if self.numbers() else " from its beginning"
        return ""

    def _explained(self, what: str, error: Exception, *more: str) -> OSError:
        return OSError(
            errors.explain(
                f"The folder of checkpoints {str(self.path)!r} {what}: {type(error).__name__}: {_reason(error)}", *more
            )
        )


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _identity(path: pathlib.Path) -> Any:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _digest(array: np.ndarray) -> int:
    described = f"{array.dtype} {array.shape}".encode()
    numbers: Any = np.ascontiguousarray(array).view(np.uint8) if array.size else b""
    return zlib.crc32(numbers, zlib.crc32(described))


def _orbax() -> Any:
    try:
        import orbax.checkpoint
    except ImportError as error:
        raise ImportError(
            errors.explain(
                "Checkpoints are written by Orbax, which is not installed.", "pip install 'plait[checkpoint]'"
            )
        ) from error
    return orbax.checkpoint
