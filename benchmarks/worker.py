"""One system with one piece of work, in a process of its own; it measures when it is told to.

    python -m benchmarks.worker SYSTEM WORK turns          answers each line of standard input with a measurement
    python -m benchmarks.worker SYSTEM WORK quick          the same, with fewer steps in a turn
    python -m benchmarks.worker SYSTEM WORK start STARTED  once: from the start of the process to the first step
    python -m benchmarks.worker SYSTEM WORK fit STARTED    once: from the start of the process to the end of ten epochs

Every answer is one line of JSON. STARTED is the clock when the process was asked for, in seconds.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

EPOCHS = 10


def _timed(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _peak() -> float:
    """Returns the most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _made(system: str, name: str) -> tuple[Any, dict[str, float]]:
    """Returns the system's model, and how long import and build with summary took."""
    from benchmarks.work import WORKS

    made: dict[str, Any] = {}

    def import_() -> None:
        if system == "plait":
            import plait
        elif system.startswith("keras"):
            import keras
        elif system.startswith("torch"):
            import torch
        else:
            import jax
            import optax

    def build() -> None:
        if system.startswith("torch"):
            from benchmarks.systems import pytorch

            made["subject"] = pytorch.Subject(system, name, WORKS[name])
        elif system == "jax":
            from benchmarks.systems import plain_jax

            made["subject"] = plain_jax.Subject(name, WORKS[name])
        else:
            from benchmarks.systems import keras_api

            made["subject"] = keras_api.Subject(system.partition("-")[0], WORKS[name])
        made["subject"].summary()

    times = {"import": _timed(import_), "build and summary": _timed(build)}
    return made["subject"], times


def _once(system: str, name: str, kind: str, started: float) -> dict[str, float]:
    import numpy as np

    from benchmarks.work import WORKS

    work = WORKS[name]
    # Few steps in each of ten epochs: what a step takes is measured elsewhere, here what comes with it.
    x, y = work.data(np.random.default_rng(0), work.batch * (max(1, min(100, work.steps // 5)) if kind == "fit" else 1))
    subject, times = _made(system, name)
    subject.compile()
    subject.train(x, y, epochs=EPOCHS if kind == "fit" else 1)
    return {**times, kind: time.time() - started, "peak MB": _peak()}


def _turns(system: str, name: str, is_quick: bool) -> None:
    import numpy as np

    from benchmarks.work import WORKS

    work = WORKS[name]
    # Where a turn has many steps they take no time.
    counts = (work.steps, work.batches)
    steps, batches = (max(1, count // 5) if is_quick and count <= 100 else count for count in counts)
    x, y = work.data(np.random.default_rng(0), work.batch * max(steps, batches))

    def first(arrays: list[Any], count: int) -> list[Any]:
        return [one[:count] for one in arrays]

    train = first(x, steps * work.batch), first(y, steps * work.batch)
    several, one = first(x, batches * work.batch), first(x, 1)
    subject, times = _made(system, name)
    subject.compile()
    runs: dict[str, tuple[Callable[[], Any], int]] = {
        "train": (lambda: subject.train(*train), steps),
        "predict": (lambda: subject.predict(several), batches),
        "predict one": _repeated(lambda: subject.predict(one)),
        "call one": _repeated(lambda: subject.call(one)),
    }
    for _ in range(1 if is_quick else 2):
        for run, _ in runs.values():
            run()
    _answer({**times, "count": subject.count()})
    for line in sys.stdin:
        asked = line.strip()
        if asked == "peak MB":
            _answer({asked: _peak()})
        else:
            run, count = runs[asked]
            _answer({asked: _timed(run) / count})


def _repeated(run: Callable[[], Any]) -> tuple[Callable[[], Any], int]:
    """Returns a function that runs it several times, about a twentieth of a second long, and how often that is."""
    run()
    count = max(3, min(500, int(0.05 / _timed(run))))
    return lambda: [run() for _ in range(count)], count


def _answer(value: Any) -> None:
    os.write(_ANSWERS, (json.dumps(value) + "\n").encode())


# The systems print what they like; the answers go where nothing else does.
_ANSWERS = os.dup(1)

if __name__ == "__main__":
    os.dup2(2, 1)
    if sys.argv[3] in ("turns", "quick"):
        _turns(*sys.argv[1:3], is_quick=sys.argv[3] == "quick")
    else:
        _answer(_once(*sys.argv[1:4], float(sys.argv[4])))
