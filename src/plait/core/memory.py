"""Where large temporaries come from on Linux: memory that stays with the process, in huge pages.

A training step allocates and frees the same large arrays again and again. Left to itself, glibc gives each back to the
system and asks for it anew, page by page, which can take longer than the arithmetic.

The price is memory that is free and still held. Its bound: whenever a step leaves more of it than the largest step
needed so far, all that is free goes back to the system (`settle`). Free memory adds up otherwise, as a large array does
not always come to lie where the last one lay. And all threads share one arena: a host program in which many threads
allocate small pieces without pause may prefer its own.
`PLAIT_MALLOC=off` in the environment leaves the allocator as it is; so does any tuning of it that is there already.
"""

from __future__ import annotations

import ctypes
import gc
import math
import os
import pathlib
import platform
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from plait.core import settings

# In bytes: what XLA demands of memory on the CPU.
_ALIGNMENT = 64
# The parameters of mallopt(3).
_MOST_FAST, _TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = 1, -1, -4, -8
_HUGE_PAGES = 14  # MADV_HUGEPAGE of madvise(2)
_TUNED_BY = ("GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_", "LD_PRELOAD")
# How much more free memory than ever, so that there are few such moments, however slowly it grows.
_MARGIN = 1.05
# A thread that has computed says so, and then frees its scratch memory. Where the next step comes first, it finds that
# memory taken, and there is twice as much: so this long, in seconds, for what is in use to be within this many bytes of
# what was in use before.
_LONGEST_WAIT, _MUCH = 0.02, 2**26


class _Counts(ctypes.Structure):
    """What mallinfo2(3) tells; `uordblks` are the bytes in use."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks",
                     "keepcost")
    ]  # fmt: skip


_state = "not asked for"
_give_back: Callable[[], Any] | None = None
_in_use: Callable[[], int] = int
_used = 0
# How much free memory may be held, in bytes; less than at first is not worth looking after.
_spare = 2.0**29
# Whether all that was free has just gone back, so that the next step says what it needs.
_has_given_back = False


def state() -> str:
    """Returns whether freed memory stays with the process, and if not, why."""
    return _state


def keep() -> None:
    """Lets freed memory stay with the process; to be called before the first large array is made."""
    global _state
    _state = _reason_not_to() or _tune()


def settle(is_idle: bool = True) -> None:
    """Gives free memory back if there is more than steps need; for between long steps.

    Args: is_idle: whether no step is under way, so that one is worth waiting for that has still to free its memory.
    """
    global _has_given_back, _spare, _used
    if _give_back is None:
        return
    latest = time.monotonic() + _LONGEST_WAIT
    while (used := _in_use()) > _used + _MUCH and is_idle and time.monotonic() < latest:
        # What JAX has borrowed of NumPy, such as first values, it lets go when Python collects.
        gc.collect(0)
        time.sleep(1e-4)
    size, most, _used = held(), max(used, _used), used
    if _has_given_back:
        _spare = max(_spare, (size - most) * _MARGIN)
    _has_given_back = size - used > _spare
    if _has_given_back:
        _spare *= _MARGIN
        _give_back()


def empty(shape: Sequence[int], dtype: Any) -> np.ndarray:
    """Returns an array of any numbers that a weight on the CPU can have as it is: XLA copies what starts elsewhere."""
    dtype, size = np.dtype(dtype), math.prod(shape)
    spare = np.empty(size + _ALIGNMENT // dtype.itemsize, dtype)
    start = -spare.ctypes.data % _ALIGNMENT // dtype.itemsize
    return spare[start : start + size].reshape(shape)


def held() -> int:
    """Returns how much memory the process has of its own, in bytes; 0 where the system does not say.

    Without files that are mapped, such as libraries: how much of those is there is the system's choice.
    """
    pages = pathlib.Path("/proc/self/statm")
    if not pages.exists():
        return 0
    _, resident, mapped, *_ = map(int, pages.read_text().split())
    return (resident - mapped) * os.sysconf("SC_PAGE_SIZE")


def _reason_not_to() -> str | None:
    if settings.is_off("PLAIT_MALLOC"):
        return "switched off by PLAIT_MALLOC"
    if platform.libc_ver()[0] != "glibc":
        return "only for glibc"
    return next((f"left as {name} has it" for name in _TUNED_BY if os.environ.get(name)), None)


def _tune() -> str:
    global _give_back, _in_use
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "mallinfo2"):
        return "only for glibc 2.33 and later"
    libc.mallinfo2.restype = _Counts
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    libc.malloc_trim.argtypes = [ctypes.c_size_t]
    # One arena for all threads: the others would go on mapping afresh. No array gets a mapping of its own.
    # What is freed joins its neighbours at once: each aligned array leaves a few bytes beside it, which would otherwise
    # lie about in "fast" lists and make the process grow by 2 KB with each prediction.
    tuned = {_ARENA_MAX: 1, _MMAP_MAX: 0, _TRIM_THRESHOLD: -1, _MOST_FAST: 0}
    if not all(libc.mallopt(parameter, value) for parameter, value in tuned.items()):
        return "refused by mallopt"

    def give_back() -> None:
        libc.malloc_trim(0)
        _stretch(libc)

    _give_back, _in_use = give_back, lambda: libc.mallinfo2().uordblks
    return "in use" if _stretch(libc) else "in use, without huge pages"


def _stretch(libc: ctypes.CDLL) -> bool:
    """Makes the arena large at once, untouched and so for nothing; returns whether all of it may be huge pages."""
    page = os.sysconf("SC_PAGE_SIZE")
    room = os.sysconf("SC_PHYS_PAGES") * page // 2
    start = libc.malloc(room)
    if not start:
        return False
    first = -(-start // page) * page
    refused = libc.madvise(first, start + room - first, _HUGE_PAGES)
    libc.free(start)
    return not refused
