import pytest

from plait.functional import hashing


@pytest.mark.parametrize(
    ("size", "expected"),
    # The first of the reference implementation's 64 test vectors: bytes 0, 1, 2 … under the key 00 01 … 0f.
    [(0, 0x726FDB47DD0E0E31), (1, 0x74F839C593DC67FD), (7, 0xAB0200F58B01D137), (8, 0x93F5F5799A932462),
     (15, 0xA129CA6149BE45E5)],
)  # fmt: skip
def test_siphash_gives_the_published_test_vectors(size, expected):
    key = (0x0706050403020100, 0x0F0E0D0C0B0A0908)
    assert hashing.siphash64(bytes(range(size)), key) == expected


def test_hashes_are_below_2_to_the_64():
    for size in range(300):
        data = bytes(range(256)) * 2
        assert 0 <= hashing.farmhash64(data[:size]) < 2**64
        assert 0 <= hashing.siphash64(data[:size], (1, 2)) < 2**64


def test_the_order_of_what_is_crossed_counts():
    assert hashing.crossed([1, 2]) != hashing.crossed([2, 1])
