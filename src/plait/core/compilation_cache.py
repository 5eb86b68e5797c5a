"""Where compiled programs are kept from one process to the next.

JAX keeps them, if it is told where. Plait tells it when it is imported: a folder for this machine among the user's
caches. `PLAIT_CACHE=off` in the environment, or a folder of JAX's own settings, leaves everything as it is.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import pathlib
import platform

import jax
import platformdirs

from plait.core import settings

# Below this a program is compiled sooner than it is read.
_LEAST_SECONDS = 0.05
_MOST_BYTES = 2 * 2**30


def folder() -> pathlib.Path | None:
    """Returns where programs are kept; None if they are not, or JAX was told another place."""
    if settings.is_off("PLAIT_CACHE") or jax.config.values["jax_compilation_cache_dir"]:
        return None
    chosen = os.environ.get("PLAIT_CACHE")
    root = pathlib.Path(chosen) if chosen else pathlib.Path(platformdirs.user_cache_dir("plait", appauthor=False))
    return root / f"programs-{_machine()}"


def state() -> str:
    """Returns where compiled programs are kept, if they are."""
    where = jax.config.values["jax_compilation_cache_dir"]
    return f"kept in {where}" if where else "not kept"


def use() -> None:
    """Tells JAX to keep compiled programs in `folder()`, and keeps that folder in bounds."""
    where = folder()
    if where is None:
        return
    jax.config.update("jax_compilation_cache_dir", str(where))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", _LEAST_SECONDS)
    atexit.register(bound, where)


def bound(where: pathlib.Path, most_bytes: int = _MOST_BYTES) -> None:
    """Removes the files used longest ago, until the rest takes no more than this."""
    if not where.is_dir():
        return
    files = [(found.stat(), pathlib.Path(found.path)) for found in os.scandir(where) if found.is_file()]
    total = sum(status.st_size for status, _ in files)
    for status, path in sorted(files, key=lambda file: max(file[0].st_atime, file[0].st_mtime)):
        if total <= most_bytes:
            return
        # Another process may have removed it.
        path.unlink(missing_ok=True)
        total -= status.st_size


def _machine() -> str:
    """Returns a name for this processor: what was compiled for another one may not run here, where homes are shared."""
    known = pathlib.Path("/proc/cpuinfo")
    flags = ""
    if known.exists():
        with known.open() as lines:  # of every core, and the first says it
            flags = next((line.rstrip("\n") for line in lines if line.startswith(("flags", "Features"))), "")
    described = f"{platform.machine()} {platform.processor()} {flags}"
    return hashlib.sha256(described.encode()).hexdigest()[:12]
