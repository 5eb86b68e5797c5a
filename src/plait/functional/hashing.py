"""Hashes of bytes that are the same on every machine and in every process."""

from __future__ import annotations

import struct
from collections.abc import Iterable

_BITS = 2**64 - 1
# Primes between 2**63 and 2**64.
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
# What joins two hashes, and what a crossing starts from.
_JOIN = 0xC6A4A7935BD1E995
_CROSSING = 0xDECAFCAFFE


def farmhash64(data: bytes) -> int:
    """Returns FarmHash's fingerprint, a number below 2**64.

    Source: G. Pike, FarmHash, 2014, Fingerprint64.
    """
    size = len(data)
    if size > 64:
        return _of_many(data)
    if size > 32:
        return _of_33_to_64(data)
    if size > 16:
        return _of_17_to_32(data)
    return _of_16_or_less(data)


def siphash64(data: bytes, key: tuple[int, int]) -> int:
    """Returns SipHash-2-4, a number below 2**64 that differs from key to key.

    Args:   key: two numbers of 64 bits.
    Source: J.-P. Aumasson, D. J. Bernstein, SipHash, 2012, section 2.
    """
    first, second = (half & _BITS for half in key)
    state = (
        first ^ 0x736F6D6570736575,
        second ^ 0x646F72616E646F6D,
        first ^ 0x6C7967656E657261,
        second ^ 0x7465646279746573,
    )
    whole = len(data) // 8 * 8
    last = data[whole:].ljust(7, b"\0") + bytes([len(data) % 256])
    for (word,) in struct.iter_unpack("<Q", data[:whole] + last):
        v0, v1, v2, v3 = state
        v0, v1, v2, v3 = _sip_round(*_sip_round(v0, v1, v2, v3 ^ word))
        state = (v0 ^ word, v1, v2, v3)
    v0, v1, v2, v3 = state
    state = (v0, v1, v2 ^ 0xFF, v3)
    for _ in range(4):
        state = _sip_round(*state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def crossed(hashes: Iterable[int]) -> int:
    """Returns one number below 2**64 for several, whose order counts."""
    result = _CROSSING
    for number in hashes:
        result ^= _JOIN
        result ^= _times(_folded(_times(number & _BITS, _JOIN)), _JOIN)
        result = _times(_folded(_times(result, _JOIN)), _JOIN)
        result = _folded(result)
    return result


def _sip_round(v0: int, v1: int, v2: int, v3: int) -> tuple[int, int, int, int]:
    v0 = (v0 + v1) & _BITS
    v1 = _turned_left(v1, 13) ^ v0
    v0 = _turned_left(v0, 32)
    v2 = (v2 + v3) & _BITS
    v3 = _turned_left(v3, 16) ^ v2
    v0 = (v0 + v3) & _BITS
    v3 = _turned_left(v3, 21) ^ v0
    v2 = (v2 + v1) & _BITS
    v1 = _turned_left(v1, 17) ^ v2
    return v0, v1, _turned_left(v2, 32), v3


def _times(a: int, b: int) -> int:
    return a * b & _BITS


def _turned_left(a: int, by: int) -> int:
    return (a << by | a >> (64 - by)) & _BITS


def _turned(a: int, by: int) -> int:
    """Returns the 64 bits turned to the right; what is larger is cut first."""
    a &= _BITS
    return (a >> by | a << (64 - by)) & _BITS


def _folded(a: int) -> int:
    a &= _BITS
    return a ^ a >> 47


def _word(data: bytes, start: int) -> int:
    return int.from_bytes(data[start : start + 8], "little")


def _joined(a: int, b: int, by: int) -> int:
    a, b = a & _BITS, b & _BITS
    folded = _folded((a ^ b) * by)
    return _times(_folded((b ^ folded) * by), by)


def _of_16_or_less(data: bytes) -> int:
    size = len(data)
    by = _K2 + 2 * size
    if size >= 8:
        a, b = _word(data, 0) + _K2, _word(data, size - 8)
        return _joined(_turned(b, 37) * by + a, (_turned(a, 25) + b) * by, by)
    if size >= 4:
        first, last = (int.from_bytes(part, "little") for part in (data[:4], data[-4:]))
        return _joined(size + (first << 3), last, by)
    if size > 0:
        first, last = data[0] + (data[size // 2] << 8), size + (data[-1] << 2)
        return _times(_folded(first * _K2 & _BITS ^ last * _K0 & _BITS), _K2)
    return _K2


def _pair_of(data: bytes, by: int) -> tuple[int, int]:
    """Returns the two numbers that the first and the last 16 bytes give."""
    size = len(data)
    a, b = _times(_word(data, 0), _K1), _word(data, 8)
    c, d = _times(_word(data, size - 8), by), _times(_word(data, size - 16), _K2)
    return _turned(a + b, 43) + _turned(c, 30) + d, a + _turned(b + _K2, 18) + c


def _of_17_to_32(data: bytes) -> int:
    by = _K2 + 2 * len(data)
    return _joined(*_pair_of(data, by), by)


def _of_33_to_64(data: bytes) -> int:
    size = len(data)
    by = _K2 + 2 * size
    a, b = _times(_word(data, 0), _K2), _word(data, 8)
    c, d = _times(_word(data, size - 8), by), _times(_word(data, size - 16), _K2)
    y = _turned(a + b, 43) + _turned(c, 30) + d
    z = _joined(y, a + _turned(b + _K2, 18) + c, by)
    e, f = _times(_word(data, 16), by), _word(data, 24)
    g, h = _times(y + _word(data, size - 32), by), _times(z + _word(data, size - 24), by)
    return _joined(_turned(e + f, 43) + _turned(g, 30) + h, e + _turned(f + a, 18) + g, by)


def _of_many(data: bytes) -> int:
    x, y = 81, (81 * _K1 + 113) & _BITS
    z = _times(_folded(y * _K2 + 113), _K2)
    v, w = (0, 0), (0, 0)
    x = (x * _K2 + _word(data, 0)) & _BITS
    beyond = len(data) - 1
    for start in range(0, beyond // 64 * 64, 64):
        x, y, z, v, w = _with_block(data, start, x, y, z, v, w, _K1, 1)
    by = _K1 + 2 * (z & 0xFF)
    w0 = w[0] + beyond % 64
    v0 = v[0] + w0
    # The last 64 bytes, some of which may have been seen.
    x, y, z, v, w = _with_block(data, len(data) - 64, x, y, z, (v0, v[1]), (w0 + v0, w[1]), by, 9)
    return _joined(
        _joined(v[0], w[0], by) + _folded(y) * _K0 + z,
        _joined(v[1], w[1], by) + x,
        by,
    )


_Pair = tuple[int, int]


def _with_block(
    data: bytes, start: int, x: int, y: int, z: int, v: _Pair, w: _Pair, by: int, weight: int
) -> tuple[int, int, int, _Pair, _Pair]:
    """Returns the state after 64 more bytes."""
    x = _turned(x + y + v[0] + _word(data, start + 8), 37) * by
    y = _turned(y + v[1] + _word(data, start + 48), 42) * by
    x = (x & _BITS) ^ (w[1] * weight & _BITS)
    y = (y + v[0] * weight + _word(data, start + 40)) & _BITS
    z = _times(_turned(z + w[0], 33), by)
    v = _with_32(data, start, v[1] * by, x + w[0])
    w = _with_32(data, start + 32, z + w[1], y + _word(data, start + 16))
    return z, y, x, v, w


def _with_32(data: bytes, start: int, a: int, b: int) -> _Pair:
    first, second, third, fourth = (_word(data, start + 8 * number) for number in range(4))
    a = (a + first) & _BITS
    b = _turned(b + a + fourth, 21)
    before = a
    a = (a + second + third) & _BITS
    b = (b + _turned(a, 44)) & _BITS
    return (a + fourth) & _BITS, (b + before) & _BITS
