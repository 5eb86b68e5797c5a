"""Where large temporaries come from on Linux: memory that stays with the process, in huge pages.

A training step allocates and frees the same large arrays again and again. Left to itself, glibc gives each back to the
system and asks for it anew, page by page, which can take longer than the arithmetic. `PLAIT_MALLOC=off` in the
environment leaves the allocator as it is; so does any tuning of it that is there already.
"""

from __future__ import annotations

import ctypes
import os
import platform

from plait.core import settings

# The parameters of mallopt(3).
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
_HUGE_PAGES = 14  # MADV_HUGEPAGE of madvise(2)
_TUNED_BY = ("GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_", "LD_PRELOAD")

_state = "not asked for"


def state() -> str:
    """Returns whether freed memory stays with the process, and if not, why."""
    return _state


def keep() -> None:
    """Lets freed memory stay with the process; to be called before the first large array is made."""
    global _state
    _state = _reason_not_to() or _tune()


def _reason_not_to() -> str | None:
    if settings.is_off("PLAIT_MALLOC"):
        return "switched off by PLAIT_MALLOC"
    if platform.libc_ver()[0] != "glibc":
        return "only for glibc"
    return next((f"left as {name} has it" for name in _TUNED_BY if os.environ.get(name)), None)


def _tune() -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    page = os.sysconf("SC_PAGE_SIZE")
    room = os.sysconf("SC_PHYS_PAGES") * page // 2
    # One arena for all threads: the others would go on mapping afresh. No array gets a mapping of its own.
    if not (libc.mallopt(_ARENA_MAX, 1) and libc.mallopt(_MMAP_MAX, 0) and libc.mallopt(_TRIM_THRESHOLD, -1)):
        return "refused by mallopt"
    # The arena grows to this size at once, untouched and so for nothing; all of it may be huge pages from here on.
    start = libc.malloc(room)
    if not start:
        return "in use, without huge pages"
    first = -(-start // page) * page
    refused = libc.madvise(first, start + room - first, _HUGE_PAGES)
    libc.free(start)
    return "in use, without huge pages" if refused else "in use"
