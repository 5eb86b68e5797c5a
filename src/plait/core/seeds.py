"""The one seed everything random is drawn from.

A draw is a function of the seed and of the place it is made for, not of a state that moves on. So what was built or
drawn before changes nothing, and a run can be resumed at any step.
"""

from __future__ import annotations

import os
import random
import zlib

import numpy as np

_seed: int | None = None
# For draws that belong to no step and no place, such as a layer called alone: these do differ from one to the next.
_stream = random.Random()


def set_random_seed(seed: int) -> None:
    """Sets the seed of initial values, shuffling and dropout, and those of Python's `random` and of NumPy.

    Two models of the same structure get the same initial values under one seed; give one of them another name
    (`Model(…, name="second")`) or another seed where that is not wanted.

    Args:   seed: an integer from 0 to 2**32 - 1.
    Errors: TypeError or ValueError if it is not.
    """
    global _seed
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool):
        raise TypeError(f"set_random_seed needs an integer, got {seed!r}.")
    if not 0 <= seed < 2**32:
        raise ValueError(f"set_random_seed needs an integer from 0 to 2**32 - 1, got {seed}.")
    _seed = int(seed)
    _stream.seed(_seed)
    random.seed(_seed)
    np.random.seed(_seed)


def current() -> int:
    """Returns the seed that was set, or a new one from the operating system's entropy if none was."""
    return _seed if _seed is not None else int.from_bytes(os.urandom(4), "little")


def is_set() -> bool:
    """Whether a seed was set."""
    return _seed is not None


def fresh() -> int:
    """Returns a seed for one draw, another one each time; the sequence starts anew with `set_random_seed`."""
    return _stream.getrandbits(32)


def fingerprint(place: str) -> int:
    """Returns the 32-bit number that stands for a place in a model."""
    return zlib.crc32(place.encode())


def generator(place: str, seed: int | None = None) -> np.random.Generator:
    """Returns the source of random numbers for one place, e.g. `"encoder/dense/kernel"`.

    Philox, on the host: nothing to compile, and the numbers do not depend on how an array will be sharded.
    """
    key = np.array([current() if seed is None else seed, fingerprint(place)], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))
