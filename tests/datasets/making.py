"""Small files in the formats of the data sets, by the names that these have on the network."""

import gzip
import io
import json
import pickle
import struct
import tarfile
import zipfile
from typing import ClassVar

import numpy as np


class _OfPython2(pickle._Pickler):
    """Writes as Python 2 did, where texts are bytes."""

    def save_text(self, value):
        content = value if isinstance(value, bytes) else value.encode()
        self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)
        self.memoize(value)

    dispatch: ClassVar = {**pickle._Pickler.dispatch, bytes: save_text, str: save_text}


def of_numpy_1(pickled):
    """Returns a pickle of a protocol below 4 with the name that NumPy's module had."""
    return pickled.replace(b"cnumpy._core.", b"cnumpy.core.")


def of_python_2(value):
    file = io.BytesIO()
    _OfPython2(file, protocol=2).dump(value)
    return of_numpy_1(file.getvalue())


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def npz_of_numpy_1(**arrays):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            if array.dtype.hasobject:
                np.lib.format.write_array_header_1_0(member, np.lib.format.header_data_from_array_1_0(array))
                member.write(of_numpy_1(pickle.dumps(array, protocol=3)))
            else:
                np.lib.format.write_array(member, array)
            archive.writestr(f"{name}.npy", member.getvalue())
    return file.getvalue()


def tar(**members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def idx(array):
    """Returns an array of bytes in the format of MNIST."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return gzip.compress(head + array.tobytes())


def pixels(rng, *shape):
    return rng.integers(0, 256, shape, np.uint8)


def texts(rng, number, words=40):
    """Returns lists of 3 to 12 numbers of words."""
    made = [rng.integers(1, words, length).tolist() for length in rng.integers(3, 13, number)]
    return np.fromiter(made, object)


def labels(rng, number, classes, dtype="int64"):
    return rng.integers(0, classes, number, dtype)


def batch(rng, number, **labels):
    return of_python_2(
        {"batch_label": "a batch", "data": pixels(rng, number, 3072), "filenames": ["a.png"] * number, **labels}
    )


def files_of_cifar10(rng):
    # Not in their order, as in the archive of Toronto. Keras needs batches of 10,000, or of 1, which it repeats.
    sizes = {"data_batch_4": 1, "test_batch": 3, **{f"data_batch_{number}": 1 for number in (3, 5, 2, 1)}}
    members = {name: batch(rng, size, labels=labels(rng, size, 10).tolist()) for name, size in sizes.items()}
    inside = {f"cifar-10-batches-py/{name}": content for name, content in members.items()}
    return {"cifar-10-python.tar.gz": tar(**inside, **{"cifar-10-batches-py/readme.html": b"<html>"})}


def files_of_cifar100(rng):
    def part(number):
        fine, coarse = (labels(rng, number, classes).tolist() for classes in (100, 20))
        return batch(rng, number, fine_labels=fine, coarse_labels=coarse)

    return {"cifar-100-python.tar.gz": tar(**{"cifar-100-python/test": part(2), "cifar-100-python/train": part(4)})}


def files_of_fashion_mnist(rng):
    return {
        f"{part}-{what}.gz": idx(array)
        for part, number in (("train", 6), ("t10k", 2))
        for what, array in (
            ("images-idx3-ubyte", pixels(rng, number, 28, 28)),
            ("labels-idx1-ubyte", labels(rng, number, 10, "uint8")),
        )
    }


def files_of_mnist(rng):
    parts = {"train": 6, "test": 2}
    x = {f"x_{part}": pixels(rng, number, 28, 28) for part, number in parts.items()}
    y = {f"y_{part}": labels(rng, number, 10, "uint8") for part, number in parts.items()}
    return {"mnist.npz": npz(**x, **y)}


def files_of_boston_housing(rng):
    return {"boston_housing.npz": npz(x=rng.normal(size=(21, 13)), y=rng.normal(size=21))}


def files_of_california_housing(rng):
    # More than a small version has.
    x, y = rng.normal(size=(650, 8)), rng.normal(size=650)
    return {"california_housing.npz": npz(x=x.astype("float32"), y=y.astype("float32"))}


def word_index(rng):
    words = ["the", "naïve", "café"]
    return json.dumps(dict(zip(words, (rng.permutation(3) + 1).tolist(), strict=True)), ensure_ascii=False).encode()


def files_of_imdb(rng):
    parts = {"train": 30, "test": 20}
    x = {f"x_{part}": texts(rng, number) for part, number in parts.items()}
    y = {f"y_{part}": labels(rng, number, 2) for part, number in parts.items()}
    return {"imdb.npz": npz_of_numpy_1(**x, **y), "imdb_word_index.json": word_index(rng)}


def files_of_reuters(rng):
    return {
        "reuters.npz": npz(x=texts(rng, 40), y=labels(rng, 40, 46)),
        "reuters_word_index.json": word_index(rng),
    }


FILES = {
    "boston_housing": files_of_boston_housing,
    "california_housing": files_of_california_housing,
    "cifar10": files_of_cifar10,
    "cifar100": files_of_cifar100,
    "fashion_mnist": files_of_fashion_mnist,
    "imdb": files_of_imdb,
    "mnist": files_of_mnist,
    "reuters": files_of_reuters,
}
