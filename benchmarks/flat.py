"""Whether memory stays flat: 100,000 predictions of one sample, and 100 models built, trained and dropped.

    python -m benchmarks.flat [SCALE]      SCALE: a tenth of everything is 0.1

Prints how much memory the process has of its own, in MB: after a warm-up, along the way, at the end. Fails where that
grew by more than 5. The warm-up is long, as a heap of huge pages grows by 2 MB at a time until all that comes and goes
finds a place.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import numpy as np

from benchmarks.systems import keras_api
from benchmarks.work import WORKS, Work
from plait.core import memory

_MOST_MB = 5.0
_POINTS = 5


def _mb() -> float:
    gc.collect()
    return memory.held() / 2**20


def _is_flat(what: str, run: Callable[[], object], times: int) -> bool:
    for _ in range(max(100, times // 10)):
        run()
    sizes = [_mb()]
    for _ in range(_POINTS):
        for _ in range(times // _POINTS):
            run()
        sizes.append(_mb())
    growth = sizes[-1] - sizes[0]
    print(f"{what}, {times} times: {' '.join(f'{size:.1f}' for size in sizes)} MB, {growth:+.1f}", flush=True)
    return abs(growth) <= _MOST_MB


def _subject(work: Work) -> keras_api.Subject:
    subject = keras_api.Subject("plait", work)
    subject.compile()
    return subject


def main(scale: float = 1.0) -> int:
    """Runs all of it; returns how many were not flat."""
    random = np.random.default_rng(0)
    x, y = WORKS["ex1"].data(random, 32)
    subject, one = _subject(WORKS["ex1"]), [x[0][:1]]
    flat = [
        _is_flat("predict(one sample)", lambda: subject.predict(one), int(100_000 * scale)),
        _is_flat("model(one sample)", lambda: subject.call(one), int(100_000 * scale)),
    ]
    for name in ("ex1", "tabular"):
        work = WORKS[name]
        x, y = work.data(random, 4 * work.batch)
        flat.append(
            _is_flat(f"build, fit, drop {name}", lambda: _subject(work).train(x, y), int(100 * scale))  # noqa: B023
        )
    return flat.count(False)


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
