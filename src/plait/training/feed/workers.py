"""Threads and processes that make batches while the device computes."""

from __future__ import annotations

import pickle
import queue
import signal
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

import numpy as np

from plait.core import errors, nest
from plait.training.feed import frames

# Seconds between two looks at whether Ctrl-C was pressed.
_A_MOMENT = 0.2


class Threads:
    """Calls functions on so many threads of its own, in the order they are given.

    They are daemons, unlike those of `concurrent.futures`: one that hangs does not keep the process from ending.
    Without a last user of this object they end too.
    """

    def __init__(self, count: int) -> None:
        self._tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(count):
            threading.Thread(target=_work, args=(self._tasks,), name="plait-data", daemon=True).start()
        weakref.finalize(self, _dismiss, self._tasks, count)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Returns what will hold the result, or the exception."""
        future: Future[Any] = Future()
        self._tasks.put((future, function, arguments))
        return future

    def kill(self) -> None:
        """Does nothing: a thread cannot be ended from outside."""


class Processes:
    """Makes the items of a dataset in so many processes, each with a copy of it.

    Errors: TypeError, from `submit`, for a dataset that cannot be pickled.
    """

    def __init__(self, dataset: Any, count: int) -> None:
        # Few need these, which take long to import.
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        # "spawn": what is forked beside the threads of JAX may hang.
        context = multiprocessing.get_context("spawn")
        self._executor = ProcessPoolExecutor(count, context, initializer=_keep, initargs=(dataset,))
        weakref.finalize(self, self._executor.shutdown, wait=False, cancel_futures=True)

    def submit(self, number: int) -> Future[Any]:
        """Returns what will hold the item of this number, or the exception."""
        try:
            return self._executor.submit(_kept_item, number)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise TypeError(
                errors.explain(
                    f"The dataset cannot be sent to other processes: {error}.",
                    "Each worker gets a copy, by pickle. Leave open files and the like out of it (__getstate__), "
                    "define its class at the top of a module, or use threads: use_multiprocessing=False.",
                )
            ) from error

    def kill(self) -> None:
        """Ends the processes, whatever they are doing."""
        for process in list((self._executor._processes or {}).values()):
            process.kill()


def waited(future: Future[Any], check: Callable[[], None], seconds: float | None = None, name: str = "") -> Any:
    """Returns what a worker makes, once it is there.

    Args:   check: called now and then; raises if Ctrl-C was pressed.
            seconds: how long that may take; None for ever.
            name: what is waited for.
    Errors: what the worker met; TimeoutError.
    """
    latest = None if seconds is None else time.monotonic() + seconds
    while not future.done():
        check()
        if latest is not None and time.monotonic() >= latest:
            raise TimeoutError(
                errors.explain(
                    f"{name} was not there after {seconds:g} seconds: its worker hangs, or needs longer.",
                    "If it may take so long, set `timeout` of the dataset, in seconds, or to None.",
                )
            )
        left = _A_MOMENT if latest is None else min(_A_MOMENT, max(0.0, latest - time.monotonic()))
        wait([future], timeout=left)
    return future.result()


def kept(element: Any) -> Any:
    """Returns a batch with arrays of its own: whoever made it may write the next one into the same memory."""
    return nest.walk(_kept_array, element)


def as_tuple(element: Any) -> Any:
    """Returns x and y as a tuple where they come as a list, which would stand for several inputs."""
    return tuple(element) if isinstance(element, list) else element


def nothing() -> None:
    """Does nothing, where something may be done."""


def _kept_array(leaf: Any) -> Any:
    if frames.is_tensor(leaf):
        return leaf.detach().clone()
    return np.array(leaf) if isinstance(leaf, np.ndarray) else leaf


def _work(tasks: queue.SimpleQueue[Any]) -> None:
    while (task := tasks.get()) is not None:
        future, function, arguments = task
        try:
            future.set_result(function(*arguments))
        except BaseException as error:  # also what would end a thread without a word, such as SystemExit
            future.set_exception(error)
        # Not to hold a batch until the next one comes.
        del task, future, function, arguments


def _dismiss(tasks: queue.SimpleQueue[Any], count: int) -> None:
    while not tasks.empty():
        tasks.get_nowait()
    for _ in range(count):
        tasks.put(None)


# In a process that makes items: the dataset.
_dataset: Any = None


def _keep(dataset: Any) -> None:
    global _dataset
    _dataset = dataset
    # Ctrl-C reaches all processes; the one that trains ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _kept_item(number: int) -> Any:
    return _dataset[number]
