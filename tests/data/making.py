"""Files to read, and what genuine Keras reads from them."""

import contextlib
import wave

import jax
import numpy as np
from PIL import Image

from plait.core import nest
from tests.genuine import genuine_keras


def pixels(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def images(folder, classes=("cats", "dogs", "owls"), each=3, sizes=((6, 6),), channels=3):
    """Writes images into a folder for each class, of the sizes in turn."""
    for place, name in enumerate(classes):
        (folder / name).mkdir()
        for number in range(each):
            shape = sizes[number % len(sizes)] if channels == 1 else (*sizes[number % len(sizes)], channels)
            Image.fromarray(pixels(shape, place * each + number)).save(folder / name / f"{number}.png")
    return folder


def texts(folder, classes=("good", "bad"), each=4):
    """Writes texts of several lengths into a folder for each class."""
    for name in classes:
        (folder / name).mkdir()
        for number in range(each):
            (folder / name / f"{number}.txt").write_text(f"{name} wörd\n" * (number + 1), encoding="utf-8")
    return folder


def sound(path, samples, rate=8000):
    """Writes integers of 16 bits, (samples, channels), as a sound."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())


@contextlib.contextmanager
def genuine_data():
    """Gives genuine Keras, with the strictness lifted in the threads as well that it reads in."""
    jax.config.update("jax_numpy_rank_promotion", "allow")
    jax.config.update("jax_numpy_dtype_promotion", "standard")
    try:
        with genuine_keras() as keras:
            yield keras
    finally:
        jax.config.update("jax_numpy_rank_promotion", "raise")
        jax.config.update("jax_numpy_dtype_promotion", "strict")


def read(data):
    """Returns all batches, as arrays of NumPy's."""
    return [nest.walk(np.asarray, batch) for batch in data]


def assert_same(ours, theirs, tolerance=0.0):
    """Makes sure that two data sets give the same, to the dtype."""
    ours, theirs = ([nest.flatten(batch) for batch in batches] for batches in (ours, theirs))
    assert [[(leaf.shape, leaf.dtype) for leaf in batch] for batch in ours] == [
        [(leaf.shape, leaf.dtype) for leaf in batch] for batch in theirs
    ]
    for our_leaves, their_leaves in zip(ours, theirs, strict=True):
        for our_leaf, their_leaf in zip(our_leaves, their_leaves, strict=True):
            np.testing.assert_allclose(our_leaf, their_leaf, rtol=0, atol=tolerance)
